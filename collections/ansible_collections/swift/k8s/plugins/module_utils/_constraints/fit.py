# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether pods with devices find nodes: devices are packed per node, a pod never spans two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional

Node = Mapping[str, Any]


def usable(node: Node) -> bool:
    """Say whether the scheduler would place anything new on the node."""
    return bool(node.get("ready")) and bool(node.get("schedulable", True))


def free_devices(node: Node, vendor: str, resource: str = "") -> int:
    """Return the free devices of a vendor on a node, of one resource when it is named."""
    return sum(
        int(device.get("free") or 0)
        for device in node.get("accelerators") or []
        if device.get("vendor") == vendor and (not resource or device.get("resource") == resource)
    )


def fit(nodes: Iterable[Node], release: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many of the release's pods fit, and what would fit best when not all of them do."""
    vendor, count = release.get("vendor"), int(release.get("count") or 0)
    replicas = int(release.get("replicas") or 1)
    if vendor in {None, "", "auto", "cpu"} or count < 1:
        return {"needed": False, "pods": replicas, "missing": 0}
    selector = release.get("node_selector") or {}
    free = {
        node["name"]: free_devices(node, str(vendor), str(release.get("resource") or ""))
        for node in nodes
        if usable(node) and selector.items() <= (node.get("labels") or {}).items()
    }
    room = sum(devices // count for devices in free.values())
    most = max(free.values(), default=0)
    return {
        "needed": True,
        "pods": room,
        "missing": max(0, replicas - room),
        "free": sum(free.values()),
        "best_node": max(free, key=lambda name: free[name]) if most else None,
        "best_free": most,
        "advice": _advice(free, replicas, room),
    }


def _advice(free: Mapping[str, int], replicas: int, room: int) -> str:
    """Say which smaller wish would fit: fewer pods of the same size first, else smaller pods."""
    if room:
        return f"Set replicaCount to {room}, free devices, or add nodes."
    fitting = _largest_count(free, replicas)
    if fitting:
        return f"Set accelerator.count to {fitting} (if the model fits), free devices, or add nodes."
    return "Free devices or add nodes; `kubectl get pods -A -o wide` shows who holds them."


def _largest_count(free: Mapping[str, int], replicas: int) -> Optional[int]:
    for count in range(max(free.values(), default=0), 0, -1):
        if sum(devices // count for devices in free.values()) >= replicas:
            return count
    return None
