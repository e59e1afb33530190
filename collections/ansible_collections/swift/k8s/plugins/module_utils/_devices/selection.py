# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which nodes a vendor's plugin is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .problem import Problem
from .selector import parse

Node = Mapping[str, Any]
Entry = Mapping[str, Any]


def select(
    variable: str, entries: Sequence[Entry], nodes: Iterable[Node], has_devices: Iterable[str]
) -> tuple[dict[str, Entry], list[Problem]]:
    """Return node name -> the entry that selects it. Without entries: the nodes known to have the vendor's devices."""
    if not entries:
        return {name: {} for name in has_devices}, []
    chosen: dict[str, Entry] = {}
    problems: list[Problem] = []
    known = list(nodes)
    for entry in entries:
        matches = parse(entry["selector"])
        names = [node["name"] for node in known if matches(node.get("labels") or {})]
        if not names:
            problems.append(_matches_nothing(variable, entry["selector"], known))
        for name in names:
            if name in chosen:
                problems.append(_in_two(variable, name, chosen[name], entry))
            chosen.setdefault(name, entry)
    return chosen, problems


def _matches_nothing(variable: str, selector: str, nodes: list[Node]) -> Problem:
    key = re.split(r"[,= ]", selector.lstrip("! "), maxsplit=1)[0].rstrip("!")
    values = sorted({str((node.get("labels") or {})[key]) for node in nodes if key in (node.get("labels") or {})})
    there = f"{key} has the values {', '.join(values)}" if values else f"no node has the label {key}"
    return Problem(
        subject=f"{variable}.nodes",
        message=f"Selector {selector!r} matches none of {len(nodes)} nodes: {there}.",
        next_step="Correct the selector, or label the nodes.",
    )


def _in_two(variable: str, name: str, first: Entry, second: Entry) -> Problem:
    return Problem(
        subject=f"node {name}",
        message=f"Node {name} is selected twice in {variable}.nodes: {first['selector']!r} and {second['selector']!r}.",
        next_step="Make the selectors exclude each other, for example by adding ',pool!=dev' to one.",
    )
