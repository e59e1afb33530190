"""Marks of nodes: what is ours is given and taken back, what is others' is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._nodes.act import act
from ansible_collections.swift.k8s.plugins.module_utils._nodes.plan import ForeignMarkError, Wanted, memory, plan

US = "swift-k8s-nodes"


def node(
    labels: dict[str, str], ours: tuple[str, ...] = (), theirs: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    def entry(manager: str, keys: tuple[str, ...], section: str = "labels") -> dict[str, Any]:
        fields = {"f:metadata": {f"f:{section}": {".": {}, **{f"f:{key}": {} for key in keys}}}}
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


TAINT = {"key": "t", "value": "v", "effect": "NoSchedule"}
OTHER = {"key": "o", "effect": "NoExecute"}
MEMORY = {memory(US): '["t:NoSchedule"]'}


def test_taints_join_others_and_are_remembered() -> None:
    (change,) = plan([node({}, taints=[OTHER])], {"n1": Wanted(taints=(TAINT,))}, US, False)
    assert change.taints == (OTHER, TAINT)
    assert change.applied.annotations == MEMORY


def test_taints_of_ours_go_and_others_stay() -> None:
    (change,) = plan([node({}, taints=[OTHER, TAINT], annotations=MEMORY)], {}, US, False)
    assert change.taints == (OTHER,)


def test_remembered_taints_are_no_change() -> None:
    live = node({}, taints=[OTHER, TAINT], annotations=MEMORY)
    assert changes(live, Wanted(taints=(TAINT,))) == []


class Cluster:
    """Records what is written."""

    def __init__(self) -> None:
        self.applied: list[Any] = []
        self.patched: list[Any] = []

    def apply(self, obj: Any, field_manager: str, force: bool) -> None:
        self.applied.append((obj["metadata"], field_manager, force))

    def patch(self, _api_version: str, _kind: str, name: str, body: Any, field_manager: str) -> None:
        self.patched.append((name, body))


def test_act_applies_once_a_node_and_patches_taints() -> None:
    cluster: Any = Cluster()
    act(cluster, plan([node({})], {"n1": Wanted({"a": "1"}, taints=(TAINT,))}, US, False), US, force=True)
    assert cluster.applied == [({"name": "n1", "labels": {"a": "1"}, "annotations": MEMORY}, US, True)]
    assert cluster.patched == [("n1", {"spec": {"taints": [TAINT]}})]
