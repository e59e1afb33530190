# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Taints of a node: which it has, which it shall have, and which of them are ours. Pure.

Server-side apply has all taints of a node as one field, so that nobody can own a single one. Ours are remembered in
an annotation, which is written together with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Taint = Mapping[str, str]
Node = Mapping[str, Any]


@dataclass(frozen=True)
class TaintPlan:
    """A node's taints, those it shall have, and the identities of those that are ours then."""

    before: tuple[Taint, ...]
    after: tuple[Taint, ...]
    ours: tuple[str, ...]

    def body(self, node: Node, manager: str) -> dict[str, Any]:
        """The merge patch that carries it out, unless the node changes meanwhile."""
        memory = json.dumps(self.ours) if self.ours else None
        return {
            "metadata": {
                "resourceVersion": node["metadata"]["resourceVersion"],
                "annotations": {annotation(manager): memory},
            },
            "spec": {"taints": [dict(taint) for taint in self.after]},
        }


def plan(node: Node, wanted: Sequence[Taint], manager: str) -> TaintPlan | None:
    """None where the node has what it shall have, and it is known which of it is ours."""
    live, known = of(node), remembered(node, manager)
    there = {identity(taint): taint for taint in live}
    wishes = {identity(taint): taint for taint in wanted}
    after = [taint for name, taint in there.items() if name not in known | wishes.keys()] + list(wishes.values())
    # A taint that was there before us stays when we let go of it.
    ours = [name for name, taint in wishes.items() if name in known or describe(there.get(name)) != describe(taint)]
    same = sorted(map(describe, after)) == sorted(map(describe, live))
    if same and set(ours) == known & there.keys():
        return None
    return TaintPlan(tuple(live), tuple(after), tuple(sorted(ours)))


def foreign(node: Node, wanted: Iterable[Taint], manager: str) -> list[str]:
    """Wanted taints that somebody else gave another value."""
    there = {identity(taint): taint for taint in of(node)}
    known = remembered(node, manager)
    return [
        f"taint {describe(there[name])} was set by somebody else, not {describe(taint)}"
        for taint in wanted
        if (name := identity(taint)) in there and name not in known and describe(there[name]) != describe(taint)
    ]


def of(node: Node) -> Sequence[Taint]:
    """The taints that a node has."""
    return (node.get("spec") or {}).get("taints") or []


def remembered(node: Node, manager: str) -> frozenset[str]:
    """Identities of the taints that the manager gave. What somebody else wrote there is no memory."""
    try:
        names = json.loads((node["metadata"].get("annotations") or {}).get(annotation(manager), "[]"))
    except ValueError:
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()


def annotation(manager: str) -> str:
    """Where a manager's taints are remembered."""
    return f"swift.k8s/taints-{manager}"


def identity(taint: Taint) -> str:
    """Key and effect tell taints apart."""
    return f"{taint['key']}:{taint['effect']}"


def describe(taint: Taint | None) -> str:
    """A taint as kubectl writes it."""
    if taint is None:
        return ""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"
