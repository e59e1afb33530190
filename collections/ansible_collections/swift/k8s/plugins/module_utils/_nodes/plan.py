# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which marks a node lacks, has too many of, or has from somebody else. Pure.

Labels and annotations are owned through server-side apply, so the node itself says which are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import taints
from .taints import Taint

Marks = dict[str, str]
Node = Mapping[str, Any]
_SECTIONS = ("labels", "annotations")


class ForeignMarkError(Exception):
    """Marks that somebody else set to another value; str() names each, its owner and what to do."""


@dataclass(frozen=True)
class Wanted:
    """What one node shall carry."""

    labels: Marks = field(default_factory=dict)
    annotations: Marks = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()

    def section(self, name: str) -> Marks:
        """The labels or the annotations."""
        return self.labels if name == "labels" else self.annotations


@dataclass(frozen=True)
class NodeChange:
    """One node's marks before and after.

    uid: tells the node from one of the same name that replaces it.
    marks: whether labels or annotations differ.
    taints: whether taints differ.
    """

    node: str
    uid: str
    before: Marks
    after: Marks
    wanted: Wanted
    marks: bool
    taints: bool


def plan(nodes: Iterable[Node], wanted: Mapping[str, Wanted], manager: str, force: bool) -> list[NodeChange]:
    """The changes, node by node in name order. Raises ForeignMarkError for every conflict at once."""
    changes, conflicts = [], []
    for node in sorted(nodes, key=lambda item: str(item["metadata"]["name"])):
        name = str(node["metadata"]["name"])
        wish = wanted.get(name, Wanted())
        if not force:
            found = foreign(node, wish, manager) + taints.foreign(node, wish.taints, manager)
            conflicts += [f"node {name}: {text}" for text in found]
        change = _change(node, name, wish, manager)
        if change:
            changes.append(change)
    if conflicts:
        raise ForeignMarkError(
            f"{'; '.join(conflicts)}. Leave the value as it is there, or set force: true to take it over."
        )
    return changes


def foreign(node: Node, wish: Wanted, manager: str) -> list[str]:
    """Wanted marks that have another value which is not ours."""
    found = []
    for section in _SECTIONS:
        live = node["metadata"].get(section) or {}
        mine = owned(node, section, manager)
        for key, value in sorted(wish.section(section).items()):
            if key in live and live[key] != value and key not in mine:
                found.append(
                    f"{section[:-1]} {key} is {live[key]!r}, set by {owner(node, section, key)}, not {value!r}"
                )
    return found


def _change(node: Node, name: str, wish: Wanted, manager: str) -> NodeChange | None:
    before, after = _marks(node, wish, manager)
    marks = bool(before or after)
    found = taints.plan(node, wish.taints, manager)
    if found:
        before.update(_lines(found.before))
        after.update(_lines(found.after))
    uid = str(node["metadata"].get("uid", ""))
    return NodeChange(name, uid, before, after, wish, marks, bool(found)) if marks or found else None


def _marks(node: Node, wish: Wanted, manager: str) -> tuple[Marks, Marks]:
    before: Marks = {}
    after: Marks = {}
    for section in _SECTIONS:
        live, marks = node["metadata"].get(section) or {}, wish.section(section)
        for key, value in marks.items():
            if live.get(key) != value:
                before.update({f"{section[:-1]} {key}": live[key]} if key in live else {})
                after[f"{section[:-1]} {key}"] = value
        # A mark that another manager applies as well stays on the node when we let go of it.
        gone = [key for key in owned(node, section, manager) if key not in marks and key in live]
        before.update({f"{section[:-1]} {key}": live[key] for key in gone})
    return before, after


def _lines(found: Iterable[Taint]) -> Marks:
    return {f"taint {taints.describe(taint)}": "" for taint in found}


def owned(node: Node, section: str, manager: str) -> list[str]:
    """Keys of a section that the manager applied."""
    return [
        key.removeprefix("f:")
        for entry in node["metadata"].get("managedFields") or []
        if entry.get("manager") == manager and entry.get("operation") == "Apply"
        for key in ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get(f"f:{section}") or {}
        if key != "."
    ]


def owner(node: Node, section: str, key: str) -> str:
    """Who set a mark, newest first; as managedFields tell."""
    entries = sorted(node["metadata"].get("managedFields") or [], key=lambda entry: str(entry.get("time", "")))
    for entry in reversed(entries):
        if f"f:{key}" in (((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get(f"f:{section}") or {}):
            return str(entry.get("manager", "somebody"))
    return "somebody"
