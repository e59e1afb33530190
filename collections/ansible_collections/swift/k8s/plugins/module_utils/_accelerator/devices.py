# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Nodes and pods -> devices with what is free of them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import ascend, nvidia
from .vendor import Vendor

VENDORS: tuple[Vendor, ...] = (nvidia.VENDOR, ascend.VENDOR)
Object = Mapping[str, Any]
_ENDED = ("Succeeded", "Failed")


def vendor_of(resource: str, vendors: Sequence[Vendor] = VENDORS) -> Vendor | None:
    """The vendor whose device the resource is."""
    return next((vendor for vendor in vendors if vendor.is_device(resource)), None)


def accelerators(node: Object, used: Mapping[str, int], vendors: Sequence[Vendor] = VENDORS) -> list[dict[str, Any]]:
    """The node's devices, one entry a resource. A resource with 0 allocatable is as good as absent."""
    labels = node["metadata"].get("labels") or {}
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    found = []
    for resource, amount in sorted(allocatable.items()):
        vendor = vendor_of(resource, vendors)
        count = int(amount) if str(amount).isdigit() else 0
        if vendor is None or count == 0:
            continue
        told = vendor.describe(labels, resource)
        found.append(
            {
                "vendor": vendor.name,
                "product": told.product,
                "memory_mib": told.memory_mib,
                "count": count,
                "free": max(0, count - used.get(resource, 0)),
                "resource": resource,
                "driver": told.driver,
                "compute": told.compute,
                "chip": told.chip,
                "sharing": told.sharing,
            }
        )
    return found


def used_by_node(pods: Iterable[Object], vendors: Sequence[Vendor] = VENDORS) -> dict[str, Counter[str]]:
    """Node name -> resource -> devices that its pods hold. Pods that ended hold none, pods without a node neither."""
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for pod in pods:
        node = pod["spec"].get("nodeName")
        if node and (pod.get("status") or {}).get("phase") not in _ENDED:
            used[node].update(requests(pod, vendors))
    return dict(used)


def requests(pod: Object, vendors: Sequence[Vendor] = VENDORS) -> Counter[str]:
    """Devices that a pod holds: containers and sidecars together, or one init container when that is more.

    https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    """
    running: Counter[str] = Counter()
    peak: Counter[str] = Counter()
    for container in pod["spec"].get("initContainers") or []:
        asked = _asked(container, vendors)
        if container.get("restartPolicy") == "Always":
            running.update(asked)
            peak |= running
        else:
            peak |= running + asked
    for container in pod["spec"].get("containers") or []:
        running.update(_asked(container, vendors))
    return running | peak


def _asked(container: Object, vendors: Sequence[Vendor]) -> Counter[str]:
    limits = (container.get("resources") or {}).get("limits") or {}
    return Counter({name: int(amount) for name, amount in limits.items() if vendor_of(name, vendors)})
