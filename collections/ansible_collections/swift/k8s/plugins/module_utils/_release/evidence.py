# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the cluster knows about a pod that does not become ready: its last log lines, events and claims."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._cluster.errors import ClusterError
from . import rollout
from .objects import Key, Object
from .rollout import Trouble

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

_LOG_LINES = 15
#: What cluster-autoscaler and Karpenter say of a pod for which a node is on its way.
_NODES_COME = ("TriggeredScaleUp", "Nominated")
_NOTHING = "the pods start but are not ready; look at their logs and probes"


def told(cluster: Cluster, key: Key, trouble: Trouble) -> str:
    """A trouble with what explains it."""
    text = f"{key}: {trouble}"
    if trouble.container:
        return text + _log(cluster, key.namespace, trouble.pod, trouble.container, bool(trouble.restarts))
    if trouble.reason == "Unschedulable":
        return text + "".join(f"; {one}" for one in _unbound(cluster, key.namespace, trouble.pod))
    return text


def silent(cluster: Cluster, key: Key, pods: Iterable[Object]) -> str:
    """Why a pod may not be ready that shows no trouble itself: its newest warning, its last lines."""
    for pod in pods:
        if rollout.phase(pod) == "ready":
            continue
        name = str(pod["metadata"]["name"])
        warning = _warning(cluster, key.namespace, "Pod", name)
        running = [
            str(one["name"])
            for one in (pod.get("status") or {}).get("containerStatuses") or []
            if (one.get("state") or {}).get("running") and not one.get("ready")
        ]
        log = _log(cluster, key.namespace, name, running[0], previous=False) if running else ""
        if warning or log:
            return f"{key}: pod {name} is {rollout.phase(pod)}" + (f": {warning}" if warning else "") + log
    return _NOTHING


def awaits_a_node(cluster: Cluster, key: Key, trouble: Trouble) -> bool:
    """Whether an autoscaler of nodes is making room for a pod that fits nowhere."""
    if trouble.reason != "Unschedulable":
        return False
    selector = f"involvedObject.kind=Pod,involvedObject.name={trouble.pod}"
    return any(event.get("reason") in _NODES_COME for event in _events(cluster, key.namespace, selector))


def unmade(cluster: Cluster, key: Key, after: str) -> Trouble | None:
    """Why the pods of a StatefulSet, DaemonSet or Job are not made; a Deployment says it in its conditions.

    after: events before this time (RFC 3339) are of an earlier trouble.
    """
    message = _warning(cluster, key.namespace, key.kind, key.name, reason="FailedCreate", after=after)
    return Trouble("", "FailedCreate", message) if message else None


def _log(cluster: Cluster, namespace: str, pod: str, container: str, previous: bool) -> str:
    try:
        log = cluster.logs(namespace, pod, container=container, tail_lines=_LOG_LINES, previous=previous)
    except ClusterError as error:
        return f"; its log cannot be read: {error}"
    return f"; its last lines:\n{log.rstrip()}" if log.strip() else "; its log is empty"


def _unbound(cluster: Cluster, namespace: str, pod: str) -> Iterable[str]:
    """The claims of a pod that have no volume, and why."""
    item = cluster.get("v1", "Pod", pod, namespace=namespace) or {}
    for volume in (item.get("spec") or {}).get("volumes") or []:
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        found = cluster.get("v1", "PersistentVolumeClaim", claim, namespace=namespace) if claim else None
        phase = ((found or {}).get("status") or {}).get("phase")
        if claim and found is None:
            yield f"claim {claim} does not exist"
        elif claim and phase != "Bound":
            why = _warning(cluster, namespace, "PersistentVolumeClaim", claim)
            wanted = (found or {}).get("spec", {}).get("volumeName")
            volume_name = f" for volume {wanted}" if wanted else ""
            yield f"claim {claim} is {phase}{volume_name}" + (f": {why}" if why else "")


def _warning(cluster: Cluster, namespace: str, kind: str, name: str, reason: str = "", after: str = "") -> str:
    """The newest warning about an object; empty where there is none or we may not read events."""
    selector = f"involvedObject.kind={kind},involvedObject.name={name},type=Warning"
    selector += f",reason={reason}" if reason else ""
    events = _events(cluster, namespace, selector)
    newest: dict[str, Any] = max((event for event in events if _when(event) >= after), key=_when, default={})
    message = str(newest.get("message", ""))
    return f"{newest['reason']} ({message})" if newest and not reason else message


def _events(cluster: Cluster, namespace: str, selector: str) -> list[dict[str, Any]]:
    """Events, or none where we may not read them."""
    try:
        return cluster.list("v1", "Event", namespace=namespace, field_selector=selector)
    except ClusterError:
        return []


def _when(event: Object) -> str:
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next((str(time) for time in times if time), "")
