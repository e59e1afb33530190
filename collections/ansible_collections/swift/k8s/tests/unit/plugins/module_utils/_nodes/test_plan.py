"""Marks of nodes: what is ours is given and taken back, what is others' is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._nodes.plan import ForeignMarkError, Wanted, plan

US = "swift-k8s-nodes"


def node(
    labels: dict[str, str], ours: tuple[str, ...] = (), theirs: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    def entry(manager: str, keys: tuple[str, ...], section: str = "labels") -> dict[str, Any]:
        fields: dict[str, Any] = {"f:metadata": {f"f:{section}": {".": {}, **{f"f:{key}": {} for key in keys}}}}
        return {"manager": manager, "operation": "Apply", "fieldsV1": fields, "time": "2026-01-01T00:00:00Z"}

    annotations = more.get("annotations", {})
    return {
        "metadata": {
            "name": "n1",
            "labels": labels,
            "annotations": annotations,
            "managedFields": [entry(US, ours), entry("kubectl", theirs), entry(US, tuple(annotations), "annotations")],
        },
        "spec": {"taints": more.get("taints", [])},
    }


def changes(
    live: dict[str, Any], wish: Wanted | None, force: bool = False
) -> list[tuple[dict[str, str], dict[str, str]]]:
    found = plan([live], {"n1": wish} if wish else {}, US, force)
    return [(change.before, change.after) for change in found]


TABLE: list[tuple[dict[str, Any], Wanted | None, list[Any]]] = [
    (node({}), Wanted({"a": "1"}), [({}, {"label a": "1"})]),
    (node({"a": "1"}, ours=("a",)), Wanted({"a": "1"}), []),
    (node({"a": "1"}, ours=("a",)), Wanted({"a": "2"}), [({"label a": "1"}, {"label a": "2"})]),
    (node({"a": "1", "b": "2"}, ours=("a", "b")), Wanted({"a": "1"}), [({"label b": "2"}, {})]),
    (node({"a": "1"}, ours=("a",)), None, [({"label a": "1"}, {})]),
    (node({"a": "1"}, theirs=("a",)), None, []),
    (node({"a": "1"}, theirs=("a",)), Wanted({"a": "1"}), []),
    (node({}), Wanted(annotations={"q": "w"}), [({}, {"annotation q": "w"})]),
]


@pytest.mark.parametrize(("live", "wish", "expected"), TABLE)
def test_plan(live: dict[str, Any], wish: Wanted | None, expected: list[Any]) -> None:
    assert changes(live, wish) == expected


def test_somebody_elses_value_is_refused_by_name() -> None:
    live = node({"a": "1"}, theirs=("a",))
    with pytest.raises(ForeignMarkError, match=r"node n1: label a is '1', set by kubectl, not '2'. .*force: true"):
        changes(live, Wanted({"a": "2"}))
    assert changes(live, Wanted({"a": "2"}), force=True) == [({"label a": "1"}, {"label a": "2"})]
