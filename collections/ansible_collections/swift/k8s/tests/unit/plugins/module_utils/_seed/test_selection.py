"""Nodes with a cache of their own: by name, by label, by vendor; those that are away wait for a later run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import NoNodes, SeedError
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from ansible_collections.swift.k8s.plugins.module_utils._seed.selection import Selected, select
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._storage.fake_cluster import FakeCluster

from .test_nodes import end, serves, working
from .test_run import cluster
from .wishes import params


def node(name: str, resource: str = "", ready: str = "True", **more: Any) -> dict[str, Any]:
    labels = {"kubernetes.io/hostname": f"host-{name}", "pool": "gpu"}
    status = {"allocatable": {resource: "8"} if resource else {}, "conditions": [{"type": "Ready", "status": ready}]}
    return {"kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": more, "status": status}


NVIDIA, ASCEND = "nvidia.com/gpu", "huawei.com/Ascend910"
NODES = [
    node("b", NVIDIA),
    node("a", NVIDIA),
    node("c", ASCEND),
    node("d"),
    node("gone", NVIDIA, ready="Unknown"),
    node("shut", NVIDIA, unschedulable=True),
]


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        ({"nodes": ["x", "y"]}, ["x", "y"]),
        ({"nodes_accelerators": ["nvidia"]}, ["host-a", "host-b"]),
        ({"nodes_accelerators": ["nvidia", "ascend"]}, ["host-a", "host-b", "host-c"]),
        ({"nodes_selector": "pool=gpu"}, ["host-a", "host-b", "host-c", "host-d"]),
        ({"nodes_selector": "pool=gpu", "nodes_accelerators": ["ascend"]}, ["host-c"]),
    ],
)
def test_who_is_selected(wish: dict[str, Any], names: list[str]) -> None:
    assert list(select(FakeCluster(*NODES), params(**wish)).names) == names


def test_who_is_away_is_said() -> None:
    found = select(FakeCluster(*NODES), params(nodes_accelerators=["nvidia"]))
    assert [sentence.split(" and ")[0] for sentence in found.left_out] == [
        "node gone is not ready",
        "node shut is cordoned",
    ]


@pytest.mark.parametrize(
    ("nodes", "wish", "words"),
    [
        ([], {"nodes_selector": "pool=x"}, "nodes_selector 'pool=x' selects no node"),
        ([node("d")], {"nodes_accelerators": ["nvidia"]}, "none of 1 nodes offers a device of nvidia"),
        ([node("shut", NVIDIA, unschedulable=True)], {"nodes_accelerators": ["nvidia"]}, "node shut is cordoned"),
    ],
)
def test_nobody_is_an_error_that_says_why_and_in_check_mode_a_sentence(
    nodes: list[dict[str, Any]], wish: dict[str, Any], words: str
) -> None:
    fake = cluster()
    fake.objects.update({FakeCluster.key("Node", each["metadata"]["name"], None): each for each in nodes})
    with pytest.raises(NoNodes, match=words):
        run(fake, params(**wish), check_mode=False)
    source = {**params(**wish)["models"][0], "hub": "directory", "source": "/x", "source_claim": "c"}
    assert words in run(fake, params(**wish, models=[source]), check_mode=True)["waiting"]
    assert fake.writes == []


def test_names_and_a_selector_together_are_refused() -> None:
    with pytest.raises(SeedError, match="Keep one of them"):
        select(FakeCluster(), params(nodes=["a"], nodes_selector="pool=gpu"))
    assert select(FakeCluster(), params(nodes=["a"])) == Selected(["a"])


def test_a_node_that_is_new_takes_from_one_that_has_the_models() -> None:
    fake = cluster()
    state = run(fake, params(nodes=["b"]), check_mode=False)
    end(fake, working(fake)["b"])
    assert not run(fake, params(nodes=["b"], followed=state["followed"]), check_mode=False)["seeding"]
    state = run(fake, params(nodes=["a", "b"]), check_mode=False)
    assert (state["waiting"], working(fake)) == ("the server on node b starts", {})
    serves(fake)
    state = run(fake, params(nodes=["a", "b"]), check_mode=False)
    assert list(working(fake)) == ["a"]
    end(fake, working(fake)["a"])
    state = run(fake, params(nodes=["a", "b"], followed=state["followed"]), check_mode=False)
    state = run(fake, params(nodes=["a", "b"], followed=state["followed"]), check_mode=False)
    assert (state["seeding"], working(fake)) == (False, {})
