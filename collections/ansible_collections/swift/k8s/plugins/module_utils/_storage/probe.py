# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Write to claims and read back, from pods, and say how fast that went."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from .._cluster.cluster import Cluster
from . import probe_pod
from .errors import StorageError

_PAUSE_SECONDS = 0.5
_WRITABLE = {"ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"}


def probe(cluster: Cluster, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The speed of each claim, one after the other: pods that run together would measure each other.

    Raises StorageError where a claim is missing or read-only (before any pod is started), where the pod does not come
    to its end, and where other bytes come back than were written.
    """
    namespace, seconds = params["namespace"], params["timeout"]
    for claim in params["claims"]:
        _refuse(claim, namespace, cluster.get("v1", "PersistentVolumeClaim", claim, namespace))
    found = []
    for claim in params["claims"]:
        pod = probe_pod.pod(
            claim, namespace, params["image"], params["mebibytes"], seconds, params["image_pull_secrets"]
        )
        deadline = time.monotonic() + seconds
        _remove(cluster, pod, deadline)  # a killed run's
        cluster.create(pod)
        try:
            found.append({"name": claim, "namespace": namespace, **_result(cluster, pod, claim, deadline)})
        finally:
            _remove(cluster, pod, time.monotonic() + seconds)
    return found


def _refuse(claim: str, namespace: str, found: Mapping[str, Any] | None) -> None:
    if found is None:
        raise StorageError(f"claim {namespace}/{claim} does not exist: make it with the module storage, then probe it.")
    modes = found["spec"].get("accessModes") or []
    if not _WRITABLE & set(modes):
        raise StorageError(
            f"claim {namespace}/{claim} has access mode {', '.join(modes)}: it cannot be written to. Leave it out."
        )


def _result(cluster: Cluster, pod: Mapping[str, Any], claim: str, deadline: float) -> dict[str, Any]:
    where, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    while True:
        phase = ((cluster.get("v1", "Pod", name, where) or {}).get("status") or {}).get("phase", "gone")
        if phase not in ("Pending", "Running") or time.monotonic() > deadline:
            break
        time.sleep(_PAUSE_SECONDS)
    said = cluster.logs(where, name, container=probe_pod.CONTAINER).strip() if phase in ("Succeeded", "Failed") else ""
    if phase == "Succeeded":
        return dict(json.loads(said.splitlines()[-1]))
    reason = said.splitlines()[-1] if said else _events(cluster, where, name)
    raise StorageError(
        f"claim {where}/{claim} is not measured: pod {name} is {phase}. {reason} "
        "Mount the claim in a pod of your own to see more, or raise timeout if the storage is only slow."
    )


def _events(cluster: Cluster, namespace: str, name: str) -> str:
    """The last that the cluster says about the pod."""
    selector = f"involvedObject.kind=Pod,involvedObject.name={name}"
    events = cluster.list("v1", "Event", namespace=namespace, field_selector=selector)
    return f"The cluster says: {events[-1].get('message', '').strip()}" if events else "The cluster gives no reason."


def _remove(cluster: Cluster, pod: Mapping[str, Any], deadline: float) -> None:
    """Delete the pod and wait until its name is free."""
    where, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    cluster.delete("v1", "Pod", name, namespace=where)
    while cluster.get("v1", "Pod", name, where) is not None:
        if time.monotonic() > deadline:
            raise StorageError(f"pod {where}/{name} does not go away: look at its node, delete it, and run again.")
        time.sleep(_PAUSE_SECONDS)
