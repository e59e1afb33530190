# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Pods -> devices in use by node. Pure.

What a pod takes: the sum of its containers and sidecars, or what its init phase takes at most if that is more, plus
its overhead. https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .devices import Device, amount

Usage = dict[str, Counter[str]]
_OVER = ("Succeeded", "Failed")


def requests(pod: Mapping[str, Any]) -> Counter[str]:
    """The extended resources that a pod takes from its node."""
    spec = pod.get("spec") or {}
    running: Counter[str] = Counter()
    for container in spec.get("containers") or []:
        running.update(_of(container.get("resources")))
    sidecars: Counter[str] = Counter()
    starting: Counter[str] = Counter()
    for container in spec.get("initContainers") or []:
        own = _of(container.get("resources"))
        if container.get("restartPolicy") == "Always":
            sidecars.update(own)
            own = Counter()
        # Sidecars that were started before go on running beside it.
        starting |= sidecars + own
    taken = (running + sidecars) | starting
    taken.update(_extended(spec.get("overhead") or {}))
    return taken


def holder(pod: Mapping[str, Any]) -> str | None:
    """The node on which a pod holds its devices: a terminating one still does, a pending or ended one does not."""
    if (pod.get("status") or {}).get("phase") in _OVER:
        return None
    return (pod.get("spec") or {}).get("nodeName") or None


def usage(pods: Iterable[Mapping[str, Any]]) -> Usage:
    """Node -> resource -> devices in use."""
    used: Usage = {}
    for pod in pods:
        node = holder(pod)
        taken = requests(pod) if node else None
        if node and taken:
            used.setdefault(node, Counter()).update(taken)
    return used


def with_free(found: Iterable[Device], used: Mapping[str, int], ending: Mapping[str, int]) -> list[Device]:
    """The devices of a node with what is left of each, and how many pods that end will give back.

    A device that broke while in use leaves less than none: none.
    """
    return [
        {
            **device,
            "free": max(0, device["count"] - used.get(device["resource"], 0)),
            "ending": ending.get(device["resource"], 0),
        }
        for device in found
    ]


def _of(resources: Mapping[str, Any] | None) -> Counter[str]:
    """Requests, or limits where only those are given: for extended resources they are equal."""
    resources = resources or {}
    return _extended({**(resources.get("limits") or {}), **(resources.get("requests") or {})})


def _extended(amounts: Mapping[str, Any]) -> Counter[str]:
    return Counter({name: amount(text) for name, text in amounts.items() if "/" in name and amount(text)})
