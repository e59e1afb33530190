# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The option nodes of the module as typed wishes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cluster.errors import Invalid
from .._constraints.nearest import unknown
from .plan import Wanted
from .taints import Taint

PARTS = ("labels", "annotations", "taints")
TAINT_KEYS = ("key", "value", "effect")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def wishes(nodes: Mapping[str, Any]) -> dict[str, Wanted]:
    """Raises Invalid naming the node and the key."""
    wanted = {}
    for name, marks in nodes.items():
        strange = sorted(set(marks or {}) - set(PARTS))
        if strange:
            raise Invalid(f"nodes.{name} has no part {strange[0]!r}: choose from {', '.join(PARTS)}.")
        labels, annotations = (
            {str(key): _text(text) for key, text in _part(marks, part).items()} for part in PARTS[:2]
        )
        taints = tuple(_taint(taint, f"nodes.{name}.taints") for taint in (marks or {}).get("taints") or ())
        wanted[name] = Wanted(labels, annotations, taints)
    return wanted


def _part(marks: Mapping[str, Any] | None, part: str) -> Mapping[str, Any]:
    return (marks or {}).get(part) or {}


def _text(value: Any) -> str:
    """YAML's true is the text true in Kubernetes."""
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
    value = {"value": _text(given["value"])} if given.get("value") not in (None, "") else {}
    return {"key": str(given["key"]), **value, "effect": effect}
