# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Free devices on the nodes that a pod fits on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .objects import Object

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

#: Field selector of pods that still hold what they asked for.
RUNNING = "status.phase!=Succeeded,status.phase!=Failed"


def devices(pod_spec: Mapping[str, Any]) -> dict[str, int]:
    """Device resources that a pod asks for: the extended ones, which have a domain."""
    wanted: Counter[str] = Counter()
    for container in pod_spec.get("containers") or []:
        limits = ((container.get("resources") or {}).get("limits")) or {}
        for resource, amount in limits.items():
            if "/" in resource and not resource.startswith(("hugepages-", "requests.")) and str(amount).isdigit():
                wanted[resource] += int(amount)
    return {resource: amount for resource, amount in wanted.items() if amount}


def spare_pods(cluster: Cluster, pod_spec: Mapping[str, Any]) -> int:
    """How many more such pods have room right now."""
    nodes = cluster.list("v1", "Node")
    pods = cluster.list("v1", "Pod", field_selector=RUNNING)
    return room(pod_spec, nodes, pods)


def room(pod_spec: Mapping[str, Any], nodes: Iterable[Object], pods: Iterable[Object]) -> int:
    """Pure: pods that fit beside the running ones, by devices alone."""
    wanted = devices(pod_spec)
    used: dict[str, Counter[str]] = {}
    for pod in pods:
        node = (pod.get("spec") or {}).get("nodeName")
        if node:
            used.setdefault(node, Counter()).update(devices(pod["spec"]))
    total = 0
    for node in nodes:
        if _fits(pod_spec, node):
            allocatable = (node.get("status") or {}).get("allocatable") or {}
            here = used.get(node["metadata"]["name"], Counter())
            total += min((_count(allocatable, name) - here[name]) // amount for name, amount in wanted.items())
    return total


def _count(allocatable: Mapping[str, Any], resource: str) -> int:
    return int(str(allocatable.get(resource, 0)))


def _fits(pod_spec: Mapping[str, Any], node: Object) -> bool:
    spec, labels = node.get("spec") or {}, node["metadata"].get("labels") or {}
    if spec.get("unschedulable"):
        return False
    if any(labels.get(key) != value for key, value in (pod_spec.get("nodeSelector") or {}).items()):
        return False
    tolerations = pod_spec.get("tolerations") or []
    return all(
        taint.get("effect") == "PreferNoSchedule" or any(_tolerates(one, taint) for one in tolerations)
        for taint in spec.get("taints") or []
    )


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint.get("key"))
    return toleration.get("key") == taint.get("key") and toleration.get("value", "") == taint.get("value", "")
