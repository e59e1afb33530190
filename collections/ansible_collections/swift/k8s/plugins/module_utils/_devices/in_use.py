# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Devices that pods hold, and that the plan would take from their nodes' lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .allocatable import covers
from .problem import Problem

Node = Mapping[str, Any]
NODES_NAMED = 3


def vanishing(
    variable: str, vendor: str, nodes: Mapping[str, Node], wanted: Mapping[str, str], left: Iterable[str]
) -> list[Problem]:
    """Say where pods hold devices whose name nodes would no longer offer.

    wanted: node -> resource that it will offer; a name that ends with / or - stands for all that begin with it.
    left: nodes that our plugin leaves altogether.
    """
    lost: dict[tuple[str, str], dict[str, int]] = {}
    for name, resource in [*wanted.items(), *((name, "") for name in left)]:
        for held, count in _held(vendor, nodes.get(name) or {}).items():
            if not resource or not covers(resource, held):
                lost.setdefault((held, resource), {})[name] = count
    return [_problem(variable, held, resource, counts) for (held, resource), counts in lost.items()]


def _held(vendor: str, node: Node) -> dict[str, int]:
    """Resource -> devices that pods hold and will keep; devices whose use is not known count as free."""
    counts = {
        str(device["resource"]): int(device["count"]) - int(device["free"]) - int(device.get("ending") or 0)
        for device in node.get("accelerators") or []
        if device.get("vendor") == vendor and device.get("resource") and device.get("free") is not None
    }
    return {resource: count for resource, count in counts.items() if count > 0}


def _problem(variable: str, held: str, resource: str, counts: Mapping[str, int]) -> Problem:
    names = sorted(counts)
    where = ", ".join(names[:NODES_NAMED]) + (
        f" and {len(names) - NODES_NAMED} more" if len(names) > NODES_NAMED else ""
    )
    becomes = f"would offer {resource.rstrip('/-')} instead" if resource else "would lose the device plugin"
    return Problem(
        subject=f"node {where}",
        message=f"Pods hold {sum(counts.values())} {held} on {where}, which {becomes}; "
        "such pods run on but could not start again.",
        next_step=f"Drain these nodes first, or set {variable}.allow_disruption: true.",
    )
