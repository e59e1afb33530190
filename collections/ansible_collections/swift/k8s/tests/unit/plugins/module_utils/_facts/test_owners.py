"""Who advertises devices where."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._facts.dra import publisher
from ansible_collections.swift.k8s.plugins.module_utils._facts.facts import facts
from ansible_collections.swift.k8s.plugins.module_utils._facts.node import node_fact
from ansible_collections.swift.k8s.plugins.module_utils._facts.plugins import device_plugin, path_of
from ansible_collections.swift.k8s.plugins.module_utils._facts.pods import share
from ansible_collections.swift.k8s.plugins.module_utils._facts.queries import queries
from ansible_collections.swift.k8s.tests.unit.plugins import zoo
from ansible_collections.swift.k8s.tests.unit.plugins.zoo import GPU, NPU, carrier, daemonset

NVDP = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"


def owners(plugins: list[Any], where: dict[str, list[str]], **more: Any) -> list[dict[str, Any]]:
    """The owners when each plugin, by its index, runs on some animals."""
    names = sorted({name for nodes in where.values() for name in nodes} | set(more.pop("nodes", ())))
    pods = [share(carrier(item, name)) for item in plugins for name in where.get(item["metadata"]["name"], ())]
    found: list[dict[str, Any]] = facts(
        {
            "nodes": [(node_fact(zoo.by_name(name)), []) for name in names],
            "pods": pods,
            "plugins": [item for item in map(device_plugin, plugins) if item],
            **more,
        }
    )["owners"]
    return found


def by(kind: str) -> dict[str, Any]:
    """Metadata of what an operator made."""
    return {"ownerReferences": [{"kind": kind, "name": "policy", "uid": "u"}]}


KINDS: list[tuple[Any, str, str, str]] = [
    (daemonset("nvdp-nvidia-device-plugin", NVDP), "a100-80", "nvdp", GPU),
    (daemonset("x", "mirror.example:5000/k8s-device-plugin@sha256:0"), "a100-80", "nvdp", GPU),
    (daemonset("qat-and-gpu", "r.io/k8s-device-plugin:1"), "a100-80", "nvdp", GPU),
    (daemonset("mystery", "registry.rdma.example/gpu-plugin:1"), "a100-80", "unknown", GPU),
    (daemonset("nvidia-device-plugin-daemonset", NVDP, **by("ClusterPolicy")), "operated", "gpu-operator", GPU),
    (daemonset("hami-device-plugin", "projecthami/hami:v2.10.0"), "hami-v100", "hami", GPU),
    (
        daemonset("hami-ascend-device-plugin", "projecthami/ascend-device-plugin:v1"),
        "hami-910b4",
        "hami",
        "huawei.com/Ascend910B4",
    ),
    (daemonset("ascend-device-plugin-daemonset", "hub/ascend-k8sdeviceplugin:v26.1.0"), "910b3", "mindcluster", NPU),
    (
        daemonset("ascend-device-plugin-daemonset", "hub/ascend-k8sdeviceplugin:v26.1.0"),
        "310p",
        "mindcluster",
        "huawei.com/Ascend310P",
    ),
    (
        daemonset("ascend-device-plugin", "hub/ascend-k8sdeviceplugin:v26.1.0", **by("NPUClusterPolicy")),
        "910c",
        "openfuyao",
        NPU,
    ),
    (daemonset("huawei-npu-device-plugin", "swr/hwofficial/npu:1"), "cce", "cce", "huawei.com/ascend-1980"),
    (daemonset("nvidia-gpu-device-plugin", "gke.gcr.io/nvidia-gpu-device-plugin:1"), "gke-l4", "unknown", GPU),
]


@pytest.mark.parametrize(("item", "where", "kind", "resource"), KINDS)
def test_a_device_plugin_is_known_by_its_marks(item: Any, where: str, kind: str, resource: str) -> None:
    (found,) = owners([item], {item["metadata"]["name"]: [where]})
    assert (found["kind"], found["resource"], found["nodes"]) == (kind, resource, [where])
    assert (found["namespace"], found["desired"], found["ready"], found["managed"]) == ("kube-system", 2, 1, False)


@pytest.mark.parametrize(
    "item",
    [
        daemonset("logger", "fluent:1", path="/var/log"),
        daemonset("gpu-feature-discovery", NVDP, path="/etc/kubernetes/node-feature-discovery"),
        daemonset("rdma-shared-dp-ds", "mellanox/k8s-rdma-shared-dev-plugin:1"),
    ],
)
def test_others_are_no_device_plugins(item: Any) -> None:
    assert owners([item], {item["metadata"]["name"]: ["a100-80"]}) == []


def test_an_unknown_plugin_owns_only_what_nobody_else_does() -> None:
    mystery, nvdp = daemonset("mystery", "example/fpga:1"), daemonset("nvdp", NVDP)
    assert [one["kind"] for one in owners([mystery, nvdp], {"mystery": ["a10"], "nvdp": ["a10"]})] == ["nvdp"]
    found = owners([mystery, nvdp], {"mystery": ["a10", "t4"], "nvdp": ["t4"]})
    assert [(one["kind"], one["resource"]) for one in found] == [("unknown", GPU), ("nvdp", GPU)]
    assert owners([mystery], {"mystery": ["cpu"]}) == []


def test_rivals_on_one_node_are_both_named_with_one_resource() -> None:
    plugins = [daemonset("nvdp", NVDP), daemonset("hami-device-plugin", "projecthami/hami:v2")]
    found = owners(plugins, {"nvdp": ["both-plugins"], "hami-device-plugin": ["both-plugins", "hami-v100"]})
    assert [(one["kind"], one["resource"], one["nodes"]) for one in found] == [
        ("hami", GPU, ["both-plugins", "hami-v100"]),
        ("nvdp", GPU, ["both-plugins"]),
    ]


def test_what_this_collection_put_there_is_its_own() -> None:
    applied = daemonset("ascend-device-plugin-daemonset", "x", managedFields=[{"manager": "swift-k8s"}])
    annotations = {"meta.helm.sh/release-namespace": "gpu", "meta.helm.sh/release-name": "nvdp"}
    released = daemonset("nvidia-device-plugin", NVDP, annotations=annotations)
    records = [{"namespace": "gpu", "name": "nvdp", "revision": 1, "status": "deployed", "managed": True}]
    assert [one["managed"] for one in owners([applied, released], {}, releases=records)] == [True, True]
    assert [one["release"] for one in owners([applied, released], {}, releases=records)] == ["", "gpu/nvdp"]


def test_an_operator_owns_before_its_plugin_is_there() -> None:
    row = next(query for name, query in queries(["nvidia.com/v1"]).items() if name.startswith("operators/"))
    found = owners([], {}, **{"operators/ClusterPolicy": [row.pick({"metadata": {"name": "cluster-policy"}})]})
    assert [(one["kind"], one["resource"], one["name"], one["nodes"], one["desired"]) for one in found] == [
        ("gpu-operator", GPU, "cluster-policy", [], None)
    ]


def test_an_operator_whose_plugin_is_turned_off_owns_nothing() -> None:
    row = queries(["nvidia.com/v1"])["operators/ClusterPolicy"]
    policy = {"metadata": {"name": "cluster-policy"}, "spec": {"devicePlugin": {"enabled": False}}}
    assert row.pick(policy) is None
    assert row.pick({**policy, "spec": {"devicePlugin": {"enabled": True}}})


def test_an_operator_with_a_plugin_is_named_once() -> None:
    row = queries(["nvidia.com/v1"])["operators/ClusterPolicy"]
    plugin = daemonset("nvidia-device-plugin-daemonset", NVDP, **by("ClusterPolicy"))
    found = owners(
        [plugin],
        {plugin["metadata"]["name"]: ["operated"]},
        **{"operators/ClusterPolicy": [row.pick({"metadata": {"name": "cluster-policy"}})]},
    )
    assert [one["name"] for one in found] == ["nvidia-device-plugin-daemonset"]


def test_dra_drivers_own_the_nodes_of_their_slices() -> None:
    slices = [
        publisher({"spec": {"driver": "gpu.nvidia.com", "nodeName": name, "devices": [{"name": "gpu-0"}]}})
        for name in ("b", "a", "a")
    ]
    found = owners([], {}, slices=slices)
    assert [(one["kind"], one["resource"], one["name"], one["nodes"]) for one in found] == [
        ("dra", GPU, "gpu.nvidia.com", ["a", "b"])
    ]
    assert publisher({"spec": {"driver": "cpu.example.com", "nodeName": "a", "devices": [{}]}}) is None


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("nvidia/x:v1", "nvidia/x"),
        ("host:5000/x", "host:5000/x"),
        ("host:5000/x:v1@sha256:0", "host:5000/x"),
        ("x@sha256:0", "x"),
    ],
)
def test_an_images_path(image: str, path: str) -> None:
    assert path_of(image) == path


def test_only_what_is_served_is_asked_for() -> None:
    assert not [name for name in queries(["apps/v1"]) if name.startswith(("operators", "slices"))]
    assert queries(["resource.k8s.io/v1beta1", "resource.k8s.io/v1"])["slices"].api_version == "resource.k8s.io/v1"
