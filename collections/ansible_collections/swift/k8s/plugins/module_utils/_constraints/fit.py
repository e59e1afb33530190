# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether pods with devices find nodes: devices are packed per node, a pod never spans two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from .places import chosen, resisted

Node = Mapping[str, Any]
Release = Mapping[str, Any]
#: Node and resource -> devices that releases of this run will take there.
Taken = Counter[tuple[str, str]]
#: Node -> resource -> devices that pods of the release itself hold there.
Held = Mapping[str, Mapping[str, int]]

_OTHERS_SHOWN = 3


def free_devices(node: Node, resource: str) -> int:
    """Return how many of a resource are free on a node; all of them where nobody may tell."""
    return sum(_free(device) for device in node.get("accelerators") or [] if device.get("resource") == resource)


def _free(device: Mapping[str, Any]) -> int:
    return int(device["count"] if device.get("free") is None else device["free"])


def fit(nodes: Iterable[Node], release: Release, taken: Taken, held: Optional[Held] = None) -> dict[str, Any]:
    """Return how many of the release's pods fit, and what would fit best when not all of them do.

    What its pods hold already (`held`) is theirs to use. What they take beyond that is added to `taken`, so that the
    release after it finds only the rest.
    """
    own = {node: int((amounts or {}).get(str(release.get("resource")), 0)) for node, amounts in (held or {}).items()}
    resource, count, replicas = str(release.get("resource") or ""), int(release["count"]), int(release["replicas"])
    if not resource or count < 1:
        return {"needed": False, "pods": replicas, "missing": 0}
    wanted = [node for node in nodes if chosen(node, release)]
    open_to_it = [node for node in wanted if not resisted(node, release)]
    free = {
        node["name"]: max(0, free_devices(node, resource) - taken[node["name"], resource]) + own.get(node["name"], 0)
        for node in open_to_it
    }
    before = sum(taken[node["name"], resource] for node in open_to_it)
    room = sum(devices // count for devices in free.values())
    for node, devices in _placed(free, count, replicas).items():
        taken[node, resource] += max(0, devices - own.get(node, 0))
    most = max(free.values(), default=0)
    best = max(free, key=lambda name: free[name]) if most else None
    return {
        "needed": True,
        "pods": room,
        "missing": max(0, replicas - room),
        "free": sum(free.values()),
        "best_node": best,
        "best_free": most,
        "said": _said(sum(free.values()), best, most, before, bool(sum(own.values()))),
        "advice": " ".join(
            [
                *_untainted(wanted, release),
                *_other_resources(open_to_it, release),
                *_smaller(free, replicas, room),
            ]
        ),
    }


def _placed(free: Mapping[str, int], count: int, replicas: int) -> Counter[str]:
    """Give each pod the fullest node that can carry it, which leaves most for those that come after.

    Returns node -> devices.
    """
    left, placed = dict(free), Counter[str]()
    for _pod in range(replicas):
        fitting = [name for name in left if left[name] >= count]
        if not fitting:
            break
        node = min(fitting, key=lambda name: left[name])
        left[node] -= count
        placed[node] += count
    return placed


def _said(free: int, best: Optional[str], most: int, before: int, own: bool) -> str:
    text = f"{free} are free{' or its own' if own else ''}, {most} of them on {best}" if best else "none is free"
    return f"{text}; releases before it take {before}" if before else text


def _untainted(nodes: Iterable[Node], release: Release) -> list[str]:
    """Say which taints keep the release from free devices."""
    resource = str(release["resource"])
    taints = {text for node in nodes if free_devices(node, resource) for text in resisted(node, release)}
    if not taints:
        return []
    return [f"Add tolerations for {', '.join(sorted(taints))}, which nodes with free {resource} have."]


def _other_resources(nodes: Iterable[Node], release: Release) -> list[str]:
    """Say which other devices of the vendor, such as shared ones or slices, are free: the chart asks only for what
    accelerator.resource names."""
    free: Counter[str] = Counter()
    for node in nodes:
        for device in node.get("accelerators") or []:
            if device.get("vendor") == release.get("vendor") and device.get("resource") != release["resource"]:
                free[str(device.get("resource"))] += _free(device)
    known = [f"{name} ({number} free)" for name, number in free.most_common(_OTHERS_SHOWN) if number]
    if not known:
        return []
    return [f"Nodes offer other devices of {release['vendor']}: set accelerator.resource to {' or '.join(known)}."]


def _smaller(free: Mapping[str, int], replicas: int, room: int) -> list[str]:
    """Say which smaller wish would fit: fewer pods of the same size first, else smaller pods."""
    if room:
        return [f"Set replicaCount to {room}, free devices, or add nodes."]
    fitting = _largest_count(free, replicas)
    if fitting:
        return [f"Set accelerator.count to {fitting} (if the model fits), free devices, or add nodes."]
    return ["Free devices or add nodes; `kubectl get pods -A -o wide` shows who holds them."]


def _largest_count(free: Mapping[str, int], replicas: int) -> Optional[int]:
    for count in range(max(free.values(), default=0), 0, -1):
        if sum(devices // count for devices in free.values()) >= replicas:
            return count
    return None
