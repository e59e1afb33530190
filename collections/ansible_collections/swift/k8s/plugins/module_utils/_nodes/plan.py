# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which marks a node lacks, has too many of, or has from somebody else. Pure.

Labels and annotations are owned through server-side apply. Taints are an atomic list there, so ours are remembered in
an annotation of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Marks = dict[str, str]
Taint = Mapping[str, str]
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
    """One node's marks before and after; taints is the whole list to write, or None to leave it."""

    node: str
    before: Marks
    after: Marks
    applied: Wanted
    taints: tuple[Taint, ...] | None = None


def memory(manager: str) -> str:
    """The annotation that remembers our taints."""
    return f"swift.k8s/taints-{manager}"


def plan(
    nodes: Iterable[Mapping[str, Any]], wanted: Mapping[str, Wanted], manager: str, force: bool
) -> list[NodeChange]:
    """The changes, node by node in name order. Raises ForeignMarkError for every conflict at once."""
    changes, conflicts = [], []
    for node in sorted(nodes, key=lambda item: str(item["metadata"]["name"])):
        name = str(node["metadata"]["name"])
        wish = with_memory(wanted.get(name, Wanted()), manager)
        if not force:
            conflicts += [f"node {name}: {text}" for text in foreign(node, wish, manager)]
        change = _change(node, name, wish, manager)
        if change:
            changes.append(change)
    if conflicts:
        raise ForeignMarkError(
            f"{'; '.join(conflicts)}. Leave the value as it is there, or set force: true to take it over."
        )
    return changes


def with_memory(wish: Wanted, manager: str) -> Wanted:
    """The wish with the annotation that remembers its taints."""
    if not wish.taints:
        return wish
    ours = json.dumps(sorted(identity(taint) for taint in wish.taints))
    return Wanted(wish.labels, {**wish.annotations, memory(manager): ours}, wish.taints)


def foreign(node: Mapping[str, Any], wish: Wanted, manager: str) -> list[str]:
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


def _change(node: Mapping[str, Any], name: str, wish: Wanted, manager: str) -> NodeChange | None:
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
    taints = _taints(node, wish, manager)
    if taints is not None:
        before.update({f"taint {text}": "" for text in map(describe, (node.get("spec") or {}).get("taints") or [])})
        after.update({f"taint {text}": "" for text in map(describe, taints)})
    return NodeChange(name, before, after, wish, taints) if before or after else None


def _taints(node: Mapping[str, Any], wish: Wanted, manager: str) -> tuple[Taint, ...] | None:
    live: Sequence[Taint] = (node.get("spec") or {}).get("taints") or []
    annotations = node["metadata"].get("annotations") or {}
    ours = set(json.loads(annotations.get(memory(manager), "[]"))) | {identity(taint) for taint in wish.taints}
    merged = tuple([taint for taint in live if identity(taint) not in ours] + list(wish.taints))
    return None if sorted(map(describe, merged)) == sorted(map(describe, live)) else merged


def identity(taint: Taint) -> str:
    """Key and effect tell taints apart."""
    return f"{taint['key']}:{taint['effect']}"


def describe(taint: Taint) -> str:
    """A taint as kubectl writes it."""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"


def owned(node: Mapping[str, Any], section: str, manager: str) -> list[str]:
    """Keys of a section that the manager applied."""
    return [
        key.removeprefix("f:")
        for entry in node["metadata"].get("managedFields") or []
        if entry.get("manager") == manager and entry.get("operation") == "Apply"
        for key in ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get(f"f:{section}") or {}
        if key != "."
    ]


def owner(node: Mapping[str, Any], section: str, key: str) -> str:
    """Who set a mark, newest first; as managedFields tell."""
    entries = sorted(node["metadata"].get("managedFields") or [], key=lambda entry: str(entry.get("time", "")))
    for entry in reversed(entries):
        if f"f:{key}" in (((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get(f"f:{section}") or {}):
            return str(entry.get("manager", "somebody"))
    return "somebody"
