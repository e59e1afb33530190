# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Expectations x nodes -> what is not there yet. Zero and absent mean the same: a withdrawn resource stays as 0."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._cluster.condition import is_ready

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
    #: Devices are there that should be gone.
    left: bool = False

    def __str__(self) -> str:
        return f"{self.node}: {self.reason}"


def is_prefix(resource: str) -> bool:
    """Say whether a resource stands for all whose names begin with it: it ends with / or -."""
    return resource.endswith(("/", "-"))


def covers(resource: str, name: str) -> bool:
    """Say whether a name is the resource, or one of those that it stands for.

    Where huawei.com/Ascend910 is expected, huawei.com/Ascend910-2c is what chips that are cut offer instead.
    """
    if is_prefix(resource):
        return name.startswith(resource)
    return name == resource or bool(re.match(rf"{re.escape(resource)}-(\d+c|V|IPro)", name))


def amount(allocatable: Mapping[str, Any], resource: str) -> int:
    """Return how many of a resource a node offers."""
    counts = [value for name, value in allocatable.items() if covers(resource, name)]
    return sum(int(count) for count in counts if str(count).isdigit())


def unmet(expectations: Iterable[Object], nodes: Iterable[Object], stale: bool = False) -> list[Unmet]:
    """Return the expectations that do not hold. `stale`: nodes may still tell what was `before` a change."""
    by_name = {node["metadata"]["name"]: node for node in nodes}
    found = [_look(item, by_name.get(item["node"]), stale) for item in expectations]
    return [item for item in found if item]


def _look(expected: Object, node: Object | None, stale: bool) -> Unmet | None:
    resource, minimum, maximum = expected["resource"], int(expected.get("minimum", 1)), expected.get("maximum")
    if node is None:
        # From a node that is gone nothing can be expected, nor anything left behind.
        gone = Unmet(expected["node"], resource, minimum, 0, "the node is gone from the cluster", hopeless=True)
        return gone if minimum else None
    status = node.get("status") or {}
    count = amount(status.get("allocatable") or {}, resource)
    if maximum is not None and count > maximum:
        reason = f"{count} {resource.rstrip('/-')} still allocatable" + (
            f", {maximum} at most expected" if maximum else ""
        )
        return Unmet(expected["node"], resource, minimum, count, reason, left=True)
    if count < minimum:
        reason = f"{count} of at least {minimum} {resource.rstrip('/-')} allocatable"
        return Unmet(
            expected["node"], resource, minimum, count, reason + ("" if is_ready(node) else "; the node is not ready")
        )
    if stale and count == expected.get("before"):
        return Unmet(
            expected["node"], resource, minimum, count, f"{count} {resource} allocatable, as before the change"
        )
    return _label(expected, node, count)


def _label(expected: Object, node: Object, count: int) -> Unmet | None:
    label = expected.get("label")
    value = (node["metadata"].get("labels") or {}).get(label["key"]) if label else None
    if not label or value == label["value"]:
        return None
    reason = f"label {label['key']} is {value or 'not set'}, not {label['value']}"
    hopeless = value == label.get("failed")
    return Unmet(expected["node"], expected["resource"], int(expected.get("minimum", 1)), count, reason, hopeless)


def rolled_out(daemonset: Object) -> bool:
    """Say whether every pod of a DaemonSet is of its newest template and ready."""
    status = daemonset.get("status") or {}
    desired = int(status.get("desiredNumberScheduled") or 0)
    return (
        int(status.get("observedGeneration") or 0) >= int(daemonset["metadata"].get("generation") or 0)
        and int(status.get("updatedNumberScheduled") or 0) >= desired
        and int(status.get("numberReady") or 0) >= desired
    )
