"""Facts of a cluster from what was kept of its lists."""

from __future__ import annotations

from typing import Any

from ansible_collections.swift.k8s.plugins.module_utils._facts import rows
from ansible_collections.swift.k8s.plugins.module_utils._facts.facts import facts
from ansible_collections.swift.k8s.plugins.module_utils._facts.node import node_fact
from ansible_collections.swift.k8s.plugins.module_utils._facts.pods import share
from ansible_collections.swift.k8s.plugins.module_utils._facts.warnings import strangers
from ansible_collections.swift.k8s.tests.unit.plugins import zoo
from ansible_collections.swift.k8s.tests.unit.plugins.zoo import GPU


def kept(*names: str) -> list[Any]:
    """Nodes as the query keeps them."""
    return [(node_fact(item), strangers(item)) for item in map(zoo.by_name, names)]


def record(name: str, revision: str, status: str, **labels: str) -> dict[str, Any]:
    """The metadata of a Helm record."""
    return {
        "metadata": {
            "namespace": "ms-swift",
            "labels": {"owner": "helm", "name": name, "version": revision, "status": status, **labels},
        }
    }


def test_free_devices_come_from_pods() -> None:
    shares = [share(zoo.pod("one", "a100-80", {GPU: 3})), share(zoo.pod("two", "a100-80", {GPU: 2}))]
    (node,) = facts({"nodes": kept("a100-80"), "pods": shares}, ["nodes"])["nodes"]
    assert (node["accelerators"][0]["count"], node["accelerators"][0]["free"]) == (8, 3)


def test_pods_that_end_will_give_their_devices_back() -> None:
    ending = zoo.pod("two", "a100-80", {GPU: 2})
    ending["metadata"]["deletionTimestamp"] = "2026-05-01T00:00:00Z"
    shares = [share(zoo.pod("one", "a100-80", {GPU: 3})), share(ending)]
    (node,) = facts({"nodes": kept("a100-80"), "pods": shares}, ["nodes"])["nodes"]
    assert (node["accelerators"][0]["free"], node["accelerators"][0]["ending"]) == (3, 2)


def test_free_devices_are_not_known_without_pods() -> None:
    (node,) = facts({"nodes": kept("a100-80"), "pods": None}, ["nodes"])["nodes"]
    assert node["accelerators"][0]["free"] is None


def test_nodes_tell_their_state_and_no_noise() -> None:
    nodes = facts({"nodes": kept("not-ready", "cordoned", "cpu", "arm64")}, ["nodes"])["nodes"]
    assert [node["name"] for node in nodes] == ["arm64", "cordoned", "cpu", "not-ready"]
    assert [(node["ready"], node["schedulable"]) for node in nodes] == [
        (True, True),
        (True, False),
        (True, True),
        (False, True),
    ]
    assert nodes[0]["arch"] == "arm64"
    assert set(nodes[2]["labels"]) == {"kubernetes.io/arch", "kubernetes.io/os", "kubernetes.io/hostname"}
    assert (nodes[2]["runtime"], nodes[2]["kernel"]) == ("containerd://2.1.4", "6.8.0-60-generic")


def test_taints_without_their_time() -> None:
    taint = {"key": GPU, "effect": "NoSchedule", "timeAdded": "2026-11-24T00:00:00Z"}
    assert node_fact(zoo.node("n", taints=[taint]))["taints"] == [{"key": GPU, "effect": "NoSchedule"}]


def test_only_the_chosen_parts() -> None:
    assert set(facts({"nodes": kept("cpu")}, ["nodes"])) == {"nodes", "warnings"}


def test_a_release_is_its_newest_record() -> None:
    records = [
        rows.release(record("qwen", "4", "failed")),
        rows.release(record("qwen", "3", "deployed", **{"swift.k8s/ready-revision": "3"})),
        rows.release(record("other", "none", "pending-install")),
    ]
    assert facts({"releases": records}, ["releases"])["releases"] == [
        {
            "name": "other",
            "namespace": "ms-swift",
            "revision": 0,
            "status": "pending-install",
            "managed": False,
            "holds": {},
        },
        {"name": "qwen", "namespace": "ms-swift", "revision": 4, "status": "failed", "managed": True, "holds": {}},
    ]


def test_a_release_holds_what_its_pods_take() -> None:
    pods = [zoo.pod(name, "a100-80", {GPU: 3}) for name in ("one", "two", "other")]
    for pod, namespace in zip(pods, ("ms-swift", "ms-swift", "elsewhere")):
        pod["metadata"] |= {"namespace": namespace, "labels": {"app.kubernetes.io/instance": "qwen"}}
    records = [rows.release(record(name, "1", "deployed")) for name in ("idle", "qwen")]
    found = facts({"releases": records, "pods": [share(pod) for pod in pods]}, ["releases"])["releases"]
    assert [item["holds"] for item in found] == [{}, {"a100-80": {GPU: 6}}]


def test_rows() -> None:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    found = rows.storage_class(
        {"metadata": {"name": "nfs", "annotations": annotations}, "provisioner": "nfs.csi.k8s.io"}
    )
    assert found == {
        "name": "nfs",
        "provisioner": "nfs.csi.k8s.io",
        "default": True,
        "binding_mode": "Immediate",
        "reclaim_policy": "Delete",
        "expandable": False,
    }
    assert rows.runtime_class({"metadata": {"name": "nvidia"}, "handler": "nvidia"}) == {
        "name": "nvidia",
        "handler": "nvidia",
    }
    strict = {"metadata": {"name": "strict", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    assert rows.pod_security(strict) == ("strict", "restricted")
    assert rows.pod_security({"metadata": {"name": "open"}}) is None


def test_warnings_say_what_is_not_known_and_how_to_learn_it() -> None:
    lists = {"nodes": kept("no-gfd", "npu-dark", "amd", "a100-80"), "plugins": []}
    told = "\n".join(facts(lists)["warnings"])
    assert "driver of the nvidia devices of 1 node (no-gfd) are not known: set gfd: true" in told
    assert "driver of the ascend devices of 1 node (npu-dark) are not known: use MindCluster 26.1" in told
    assert "no DaemonSet advertises the nvidia devices of 2 nodes (a100-80, no-gfd): find out what does" in told
    assert "no table of this collection describes amd.com/gpu of 1 node (amd)" in told
    assert "rdma/hca" not in told


def test_many_nodes_are_counted() -> None:
    dark: list[Any] = [(node_fact(zoo.node(f"n{number}", {GPU: 1})), []) for number in range(5)]
    assert "of 5 nodes (n0, n1, n2 and 2 more) are not known" in facts({"nodes": dark}, ["nodes"])["warnings"][0]


def test_amounts_beside_devices_are_no_strangers() -> None:
    shared = {GPU: 10, "nvidia.com/gpumem": 81920, "nvidia.com/gpucores": 100, "huawei.com/Ascend910B4-memory": 1}
    assert strangers(zoo.node("hami", {**shared, "huawei.com/Ascend999-npu": 1})) == ["huawei.com/Ascend999-npu"]


def test_owners_that_were_not_asked_for_are_not_missed() -> None:
    assert facts({"nodes": kept("a100-80")}, ["nodes"])["warnings"] == []
