# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Fields that an admission webhook decides are no drift: a repair would not hold."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Forbidden, Invalid
from ansible_collections.swift.k8s.plugins.module_utils._release import heal
from ansible_collections.swift.k8s.plugins.module_utils._release.drift import Finding
from ansible_collections.swift.k8s.plugins.module_utils._release.objects import Key
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster

SIDECAR = {"name": "mesh", "image": "mesh:1"}
EDITED = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"mesh"}': {".": {}, "f:image": {}}}}}}}


def webhook(item: dict[str, Any]) -> None:
    """Takes images from a mirror, and puts a sidecar into every Deployment."""
    if item["kind"] == "Deployment":
        containers = item["spec"]["template"]["spec"]["containers"]
        containers[0]["image"] = "mirror/" + containers[0]["image"].rpartition("/")[2]
        if SIDECAR not in containers:
            containers.append(SIDECAR)


@pytest.fixture
def mutated(run: Any, cluster: FakeCluster, chart: str) -> FakeCluster:
    """A release whose Deployment a webhook changed while somebody edited it."""
    cluster.admit = webhook
    run(name="app", chart=chart)
    hand = {"manager": "kubectl-edit", "operation": "Update", "time": "t", "fieldsV1": EDITED}
    cluster.at("Deployment", "app")["metadata"]["managedFields"].append(hand)
    cluster.requests.clear()
    return cluster


def test_what_the_cluster_insists_on_is_no_drift(run: Any, mutated: FakeCluster, chart: str) -> None:
    result = run(name="app", chart=chart)
    assert not result["changed"]
    assert result["releases"][0]["drift"] == []
    notes = result["releases"][0]["notes"]
    assert "containers[name=server].image: the cluster keeps 'mirror/app:1' where the chart says 'app:1'" in notes[0]
    assert "containers[name=mesh]" in notes[1]
    assert (mutated.writes, mutated.requests["rehearsal"]) == (0, 1)


def test_an_edit_beside_it_is_put_back(run: Any, mutated: FakeCluster, chart: str) -> None:
    mutated.at("Deployment", "app")["spec"]["replicas"] = 7
    result = run(name="app", chart=chart)
    assert [one["field"] for one in result["releases"][0]["drift"]] == ["spec.replicas"]
    assert mutated.at("Deployment", "app")["spec"]["replicas"] == 1
    assert not run(name="app", chart=chart)["changed"]


def test_without_the_right_to_try_it_stays_drift(
    run: Any, mutated: FakeCluster, chart: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_words: Any, **_rest: Any) -> Any:
        raise Forbidden("you may not patch")

    monkeypatch.setattr(mutated, "patch", forbidden)
    found = run(name="app", chart=chart, drift="report")["releases"][0]["drift"]
    assert [one["drift"] for one in found] == ["changed", "added"]


class Moving(FakeCluster):
    """A controller writes the object between our look and our patch, as often as it is told to."""

    moves = 0

    def patch(self, api_version: str, kind: str, name: str, body: Any, *words: Any, **rest: Any) -> dict[str, Any]:
        if self.moves and kind == "ConfigMap":
            self.moves -= 1
            self.put(self.at(kind, name))
            raise Invalid("the server rejected our request due to an error in our request")
        return super().patch(api_version, kind, name, body, *words, **rest)


KEY = Key("v1", "ConfigMap", "team", "app")
EDIT = [Finding(KEY, "changed", ("data", "text"), "declared", "edited")]


@pytest.mark.parametrize("moves", [0, 1, 3])
def test_an_object_that_moves_is_read_again(moves: int) -> None:
    cluster: Any = Moving()
    metadata = {"name": "app", "namespace": "team"}
    live = cluster.put({"kind": "ConfigMap", "metadata": metadata, "data": {"text": "edited", "other": "kept"}})
    cluster.moves = moves
    heal.drifted(cluster, KEY, live, EDIT)
    assert cluster.at("ConfigMap", "app")["data"] == {"text": "declared", "other": "kept"}


def test_a_patch_that_is_wrong_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster: Any = FakeCluster()
    live = cluster.put({"kind": "ConfigMap", "metadata": {"name": "app", "namespace": "team"}, "data": {}})
    tries: list[Any] = []

    def refuse(*words: Any, **_rest: Any) -> Any:
        tries.append(words)
        raise Invalid("no")

    monkeypatch.setattr(cluster, "patch", refuse)
    with pytest.raises(Invalid):
        heal.drifted(cluster, KEY, live, EDIT)
    assert len(tries) == 1
