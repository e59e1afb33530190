"""Marks are written, also while others write and nodes come and go."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Conflict, NotFound
from ansible_collections.swift.k8s.plugins.module_utils._nodes.act import act
from ansible_collections.swift.k8s.plugins.module_utils._nodes.plan import Wanted, plan

US = "swift-k8s-nodes"
TAINT = {"key": "t", "value": "v", "effect": "NoSchedule"}
OTHER = {"key": "o", "effect": "NoExecute"}


def node(uid: str = "u1", version: str = "7", *taints: dict[str, str]) -> dict[str, Any]:
    """A node without marks."""
    return {"metadata": {"name": "n1", "uid": uid, "resourceVersion": version}, "spec": {"taints": list(taints)}}


class Cluster:
    """Has a node for each time it is asked, and records what is written; refusals are raised in turn."""

    def __init__(self, *nodes: dict[str, Any] | None, refusals: list[Exception] | None = None) -> None:
        self.nodes = list(nodes)
        self.refusals = refusals or []
        self.written: list[Any] = []

    def get(self, _api_version: str, _kind: str, _name: str) -> dict[str, Any] | None:
        return self.nodes.pop(0) if len(self.nodes) > 1 else self.nodes[0]

    def apply(self, obj: Any, field_manager: str, force: bool) -> None:
        self._refuse()
        self.written.append((obj["metadata"], field_manager, force))

    def patch(self, _api_version: str, _kind: str, _name: str, body: Any, field_manager: str) -> None:
        self._refuse()
        self.written.append((body["metadata"]["resourceVersion"], body["spec"]["taints"], field_manager))

    def _refuse(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)


def carried_out(cluster: Any, wish: Wanted) -> list[str]:
    """The nodes that went away while the wish was carried out."""
    return act(cluster, plan([node()], {"n1": wish}, US, False), US, force=True)


def test_labels_are_applied_once_to_that_very_node() -> None:
    cluster = Cluster(node())
    assert carried_out(cluster, Wanted({"a": "1"}, {"q": "w"})) == []
    assert cluster.written == [({"name": "n1", "uid": "u1", "labels": {"a": "1"}, "annotations": {"q": "w"}}, US, True)]


def test_taints_join_those_that_came_meanwhile() -> None:
    cluster = Cluster(node(version="7"), node("u1", "8", OTHER), refusals=[Conflict("changed")])
    assert carried_out(cluster, Wanted(taints=(TAINT,))) == []
    assert cluster.written == [("8", [OTHER, TAINT], US)]


def test_patience_with_others_ends() -> None:
    cluster = Cluster(node(), refusals=[Conflict("changed")] * 5)
    with pytest.raises(Conflict):
        carried_out(cluster, Wanted(taints=(TAINT,)))


@pytest.mark.parametrize("now", [None, node(uid="u2")], ids=["gone", "replaced"])
def test_a_node_that_went_away_is_left_out(now: dict[str, Any] | None) -> None:
    assert carried_out(Cluster(now, refusals=[Conflict("uid")]), Wanted({"a": "1"})) == ["n1"]
    assert carried_out(Cluster(now), Wanted({"a": "1"}, taints=(TAINT,))) == ["n1"]
    assert carried_out(Cluster(node(), refusals=[NotFound("gone")]), Wanted(taints=(TAINT,))) == ["n1"]


def test_a_conflict_about_a_field_is_told() -> None:
    with pytest.raises(Conflict, match="owned"):
        carried_out(Cluster(node(), refusals=[Conflict("owned by kubectl")]), Wanted({"a": "1"}))
