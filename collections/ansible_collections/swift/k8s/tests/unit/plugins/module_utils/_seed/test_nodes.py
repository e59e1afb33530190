"""Caches on nodes: the first fetches, the others take from it in waves, and an unchanged run only looks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed import forecast, nodes
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import SeedError
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from ansible_collections.swift.k8s.plugins.module_utils._seed.wish import engine_models, parse
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._storage.fake_cluster import FakeCluster

from .test_run import DONE, cluster
from .wishes import model, params

NAMES = ["a", "b", "c", "d"]
SERVER = ("Pod", "ai", "swift-k8s-serve-models")


def wish(**more: Any) -> dict[str, Any]:
    return params(**{"nodes": NAMES, "wave": "50%", **more})


def working(fake: FakeCluster) -> dict[str, str]:
    """Node -> name of the Job that works there."""
    jobs = [
        item for (kind, _namespace, _name), item in fake.objects.items() if kind == "Job" and not item.get("status")
    ]
    return {job["spec"]["template"]["spec"]["nodeSelector"][nodes.HOSTNAME]: job["metadata"]["name"] for job in jobs}


def end(fake: FakeCluster, name: str) -> None:
    """The Job has done its work."""
    fake.objects["Job", "ai", name]["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}
    labels = {"batch.kubernetes.io/job-name": name}
    meta = {"name": f"pod-{name}", "namespace": "ai", "labels": labels}
    fake.objects["Pod", "ai", meta["name"]] = {
        "kind": "Pod",
        "metadata": meta,
        "spec": {},
        "status": {"phase": "Succeeded"},
    }
    fake.pod_logs[meta["name"]] = json.dumps(DONE)


def serves(fake: FakeCluster) -> None:
    fake.objects[SERVER]["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}


def test_first_one_then_waves_then_nothing() -> None:
    fake = cluster()
    state = run(fake, wish(), check_mode=False)
    assert list(working(fake)) == ["a"]
    end(fake, working(fake)["a"])
    state = run(fake, wish(followed=state["followed"]), check_mode=False)
    assert state["waiting"] == "the server on node a starts"
    assert fake.objects[SERVER]["spec"]["nodeSelector"] == {nodes.HOSTNAME: "a"}

    serves(fake)
    seen = []
    while state["seeding"]:
        state = run(fake, wish(followed=state["followed"]), check_mode=False)
        seen.append(sorted(working(fake)))
        assert len(seen[-1]) <= 1, "a wave of 50 % of three nodes is one node"
        for name in working(fake).values():
            end(fake, name)
    assert {node for names in seen for node in names} == {"b", "c", "d"}
    assert state["nodes"] == NAMES
    assert SERVER not in fake.objects

    fake.writes.clear()
    again = run(fake, wish(), check_mode=False)
    assert (again["changed"], again["seeding"], again["models"][0]["resolved"]) == (False, False, "c1")
    assert fake.writes == []


def test_a_verification_looks_at_every_node_once() -> None:
    fake, state, seen = cluster(), {"followed": {}, "seeding": True}, []
    while state["seeding"] and len(seen) < 20:
        state = run(fake, wish(verify="stat", followed=state["followed"]), check_mode=False)
        seen += list(working(fake))
        for name in working(fake).values():
            end(fake, name)
        if SERVER in fake.objects:
            serves(fake)
    assert sorted(seen) == NAMES


def test_check_mode_names_nodes_that_are_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "forecast", lambda *_: {})
    result = run(cluster(), wish(models=[model(hub="directory", source="/x", source_claim="c")]), check_mode=True)
    assert (result["changed"], result["would_fill"]) == (True, ["b", "c", "d"])


def test_other_nodes_need_no_token_and_take_the_revision_that_was_fetched() -> None:
    original = model(hub="huggingface", token_secret="t", include=["*"])
    told = engine_models(nodes.from_first(parse(params(models=[original], site="x")), "b"))
    address = "http://swift-k8s-serve-models.ai:8099"
    assert told == [
        {"id": "org/tiny", "type": "model", "include": ["*"], "hub": "mirror", "endpoint": address, "revision": "main"}
    ]


def test_a_server_that_ended_is_made_again() -> None:
    fake = cluster()
    state = run(fake, wish(), check_mode=False)
    end(fake, working(fake)["a"])
    run(fake, wish(followed=state["followed"]), check_mode=False)
    fake.objects[SERVER]["status"] = {"phase": "Failed"}
    run(fake, wish(), check_mode=False)
    assert SERVER not in fake.objects


@pytest.mark.parametrize(("text", "count", "wanted"), [("25%", 8, 2), ("25%", 2, 1), ("3", 100, 3), ("100%", 5, 5)])
def test_waves(text: str, count: int, wanted: int) -> None:
    assert nodes.wave(text, count) == wanted


@pytest.mark.parametrize("text", ["", "0", "half", "-1"])
def test_wrong_waves(text: str) -> None:
    with pytest.raises(SeedError, match="is not a number of nodes"):
        nodes.wave(text, 4)


def test_a_node_twice() -> None:
    with pytest.raises(SeedError, match="node a is listed twice"):
        run(cluster(), wish(nodes=["a", "b", "a"]), check_mode=False)
