# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Expectations x nodes -> what is not there yet. Zero and absent mean the same: a withdrawn resource stays as 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Unmet:
    """One expectation that a node does not meet."""

    node: str
    resource: str
    minimum: int
    found: int
    reason: str
    hopeless: bool = False

    def __str__(self) -> str:
        return f"{self.node}: {self.reason}"


def amount(allocatable: Mapping[str, Any], resource: str) -> int:
    """Return how many of a resource a node offers. A name that ends with / or - stands for all that begin with it."""
    if resource.endswith(("/", "-")):
        counts = [value for name, value in allocatable.items() if name.startswith(resource)]
    else:
        counts = [allocatable.get(resource, 0)]
    return sum(int(count) for count in counts if str(count).isdigit())


def unmet(expectations: Iterable[Object], nodes: Iterable[Object]) -> list[Unmet]:
    """Return the expectations that do not hold."""
    by_name = {node["metadata"]["name"]: node for node in nodes}
    found = [_look(item, by_name.get(item["node"])) for item in expectations]
    return [item for item in found if item]


def _look(expected: Object, node: Object | None) -> Unmet | None:
    resource, minimum = expected["resource"], int(expected.get("minimum") or 1)
    if node is None:
        return Unmet(expected["node"], resource, minimum, 0, "the node is gone from the cluster", hopeless=True)
    status = node.get("status") or {}
    count = amount(status.get("allocatable") or {}, resource)
    if count < minimum:
        ready = any(
            item.get("type") == "Ready" and item.get("status") == "True" for item in status.get("conditions") or []
        )
        reason = f"{count} of at least {minimum} {resource.rstrip('/-')} allocatable"
        return Unmet(
            expected["node"], resource, minimum, count, reason if ready else f"{reason}; the node is not ready"
        )
    label = expected.get("label")
    value = ((node["metadata"].get("labels") or {}).get(label["key"])) if label else None
    if label and value != label["value"]:
        reason = f"label {label['key']} is {value or 'not set'}, not {label['value']}"
        return Unmet(expected["node"], resource, minimum, count, reason, hopeless=value == label.get("failed"))
    return None


def rolled_out(daemonset: Object) -> bool:
    """Say whether every pod of a DaemonSet is of its newest template and ready."""
    status = daemonset.get("status") or {}
    desired = int(status.get("desiredNumberScheduled") or 0)
    return (
        int(status.get("observedGeneration") or 0) >= int(daemonset["metadata"].get("generation") or 0)
        and int(status.get("updatedNumberScheduled") or 0) >= desired
        and int(status.get("numberReady") or 0) >= desired
    )
