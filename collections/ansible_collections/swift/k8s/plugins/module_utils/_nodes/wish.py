# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The option nodes of the module as typed wishes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cluster.errors import Invalid
from .._constraints.nearest import unknown
from .plan import Wanted
from .taints import Taint, identity

PARTS = ("labels", "annotations", "taints")
TAINT_KEYS = ("key", "value", "effect")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def wishes(nodes: Mapping[str, Any]) -> dict[str, Wanted]:
    """Raises Invalid naming the node and the key."""
    return {name: _wanted(f"nodes.{name}", {} if marks is None else marks) for name, marks in nodes.items()}


def _wanted(where: str, marks: Any) -> Wanted:
    if not isinstance(marks, Mapping):
        raise Invalid(f"{where} must be a mapping of {', '.join(PARTS)}, not {marks!r}.")
    strange = sorted(set(marks) - set(PARTS))
    if strange:
        raise Invalid(f"{where} has no part {strange[0]!r}: choose from {', '.join(PARTS)}.")
    labels, annotations = (
        {str(key): _text(text, f"{where}.{part}.{key}") for key, text in _part(marks, part, where).items()}
        for part in PARTS[:2]
    )
    taints: dict[str, Taint] = {}
    for given in marks.get("taints") or ():
        taint = _taint(given, f"{where}.taints")
        if identity(taint) in taints:
            raise Invalid(f"{where}.taints: {identity(taint)} is there twice; a node has one value for key and effect.")
        taints[identity(taint)] = taint
    return Wanted(labels, annotations, tuple(taints.values()))


def _part(marks: Mapping[str, Any], part: str, where: str) -> Mapping[str, Any]:
    given = marks.get(part) or {}
    if not isinstance(given, Mapping):
        raise Invalid(f"{where}.{part} must be a mapping of key to value, not {given!r}.")
    return given


def _text(value: Any, where: str) -> str:
    """YAML's true is the text true in Kubernetes."""
    if isinstance(value, (Mapping, list)):
        raise Invalid(f"{where} must be a text, not {value!r}.")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _taint(given: Any, where: str) -> Taint:
    if not isinstance(given, Mapping) or not given.get("key"):
        raise Invalid(f"{where}: {given!r} has no key: write {{key: gpu, value: 'true', effect: NoSchedule}}.")
    where = f"{where}: taint {given['key']}"
    strange = sorted(set(given) - set(TAINT_KEYS))
    if strange:
        raise Invalid(f"{where}: {unknown('key', str(strange[0]), TAINT_KEYS)}")
    effect = str(given.get("effect") or "")
    if effect not in EFFECTS:
        said = f"has the unknown effect {effect!r}" if effect else "has no effect"
        raise Invalid(f"{where} {said}: add effect, one of {', '.join(EFFECTS)}.")
    value = {"value": _text(given["value"], f"{where}: value")} if given.get("value") not in (None, "") else {}
    return {"key": str(given["key"]), **value, "effect": effect}
