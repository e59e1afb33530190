# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Look at a cluster's storage, carry out actions, and wait for claims. No decisions here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Optional

from .._cluster.cluster import Cluster
from .._cluster.errors import Forbidden
from .action import Action
from .claim import Claim
from .errors import StorageError
from .plan import Observed

CLASS = ("storage.k8s.io/v1", "StorageClass")
CLAIM = ("v1", "PersistentVolumeClaim")
VOLUME = ("v1", "PersistentVolume")
DRIVER = ("storage.k8s.io/v1", "CSIDriver")
_PAUSE_SECONDS = 0.5


def observe(cluster: Cluster, claims: Sequence[Claim]) -> Observed:
    """One list a kind, however many claims there are; drivers only where a claim is still to be made."""
    wanted = {claim.namespace for claim in claims}
    wanted |= {claim.source_options["namespace"] for claim in claims if claim.source == "shared_from"}
    found: list[dict[str, Any]] = []
    namespaces = {name for name in wanted if cluster.get("v1", "Namespace", name) is not None}
    for name in sorted(namespaces):
        found.extend(cluster.list(*CLAIM, namespace=name))
    there = {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in found}
    makes = any(claim.state == "present" and claim.key not in there for claim in claims)
    return Observed(
        namespaces=frozenset(namespaces),
        classes={item["metadata"]["name"]: item for item in cluster.list(*CLASS)},
        claims=there,
        volumes={item["metadata"]["name"]: item for item in cluster.list(*VOLUME)},
        drivers=_drivers(cluster) if makes else None,
    )


def _drivers(cluster: Cluster) -> Optional[frozenset[str]]:
    """The CSI drivers of the cluster; None where the credentials may not list them."""
    try:
        return frozenset(item["metadata"]["name"] for item in cluster.list(*DRIVER))
    except Forbidden:
        return None


def perform(cluster: Cluster, action: Action) -> None:
    """Carry out one action."""
    if action.verb == "create":
        cluster.create(dict(action.body))
    elif action.verb == "patch":
        cluster.patch(
            action.api_version, action.kind, action.name, dict(action.body), namespace=action.namespace or None
        )
    else:
        cluster.delete(action.api_version, action.kind, action.name, namespace=action.namespace or None)
        if action.kind == CLAIM[1]:
            _remove_ended(cluster, action.name, action.namespace)


def _remove_ended(cluster: Cluster, claim: str, namespace: str) -> None:
    """A pod that has ended, as a seeding's, still keeps its claim from going."""
    for pod in _users(cluster, claim, namespace):
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            cluster.delete("v1", "Pod", pod["metadata"]["name"], namespace=namespace)


def _users(cluster: Cluster, claim: str, namespace: str) -> list[dict[str, Any]]:
    """The pods that mount a claim."""
    return [
        pod
        for pod in cluster.list("v1", "Pod", namespace=namespace)
        for volume in pod["spec"].get("volumes") or []
        if (volume.get("persistentVolumeClaim") or {}).get("claimName") == claim
    ]


def settle(cluster: Cluster, claims: Sequence[Claim], now: Observed, seconds: float) -> Observed:
    """Wait until wished claims are bound and unwished ones are gone; the last look at them."""
    deadline = time.monotonic() + seconds
    while pending := [claim for claim in claims if not _settled(claim, now)]:
        if time.monotonic() > deadline:
            raise StorageError(_why(cluster, pending[0], seconds))
        time.sleep(_PAUSE_SECONDS)
        now = observe(cluster, claims)
    return now


def _settled(claim: Claim, now: Observed) -> bool:
    found = now.claims.get(claim.key)
    if claim.state == "absent":
        return found is None
    if found is None:
        return False
    storage_class = now.classes.get(found["spec"].get("storageClassName") or "") or {}
    waits_for_pod = storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"
    return waits_for_pod or (found.get("status") or {}).get("phase") == "Bound"


def _why(cluster: Cluster, claim: Claim, seconds: float) -> str:
    """What the cluster says about a claim that does not settle."""
    if claim.state == "absent":
        pods = [pod["metadata"]["name"] for pod in _users(cluster, claim.name, claim.namespace)]
        users = f"pods that mount it: {', '.join(pods)}" if pods else "no pod mounts it"
        return f"claim {claim} is still there after {seconds:.0f} s; {users}. Stop them, and run again."
    selector = f"involvedObject.kind=PersistentVolumeClaim,involvedObject.name={claim.name}"
    events = cluster.list("v1", "Event", namespace=claim.namespace, field_selector=selector)
    said = f" The cluster says: {events[-1].get('message', '').strip()}" if events else " The cluster gives no reason."
    return (
        f"claim {claim} is not bound after {seconds:.0f} s.{said} "
        "Look at the provisioner's pods, or raise wait_timeout if it is only slow."
    )
