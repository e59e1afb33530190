"""Facts of a cluster from lists of objects."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._facts.facts import facts
from ansible_collections.swift.k8s.plugins.module_utils._facts.gather import gather
from ansible_collections.swift.k8s.plugins.module_utils._facts.owners import owners

from .zoo import GPU, ZOO, pod

RELEASE = {
    "metadata": {
        "namespace": "ms-swift",
        "labels": {
            "owner": "helm",
            "name": "qwen",
            "version": "3",
            "status": "deployed",
            "swift.k8s/ready-revision": "3",
        },
    }
}
LISTS: dict[str, list[dict[str, Any]]] = {
    "nodes": [ZOO["a100"], ZOO["no-gfd"], ZOO["npu-dark"], ZOO["dead"], ZOO["cpu"]],
    "pods": [pod("one", "a100", {GPU: 3})],
    "daemonsets": [],
    "releases": [RELEASE],
    "storage_classes": [
        {
            "metadata": {"name": "nfs", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "nfs.csi.k8s.io",
        }
    ],
    "runtime_classes": [{"metadata": {"name": "nvidia"}, "handler": "nvidia"}],
    "namespaces": [
        {"metadata": {"name": "open"}},
        {"metadata": {"name": "strict", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
    ],
}


def test_nodes_are_short_and_tell_what_matters() -> None:
    by_name = {node["name"]: node for node in facts(LISTS)["nodes"]}
    assert by_name["a100"]["accelerators"][0]["free"] == 5
    assert (by_name["dead"]["ready"], by_name["cpu"]["ready"]) == (False, True)
    assert by_name["cpu"]["labels"] == {"kubernetes.io/arch": "amd64"}


def test_the_rest() -> None:
    found = facts(LISTS)
    assert found["releases"] == [
        {"name": "qwen", "namespace": "ms-swift", "revision": 3, "status": "deployed", "managed": True}
    ]
    assert found["storage_classes"][0] == {
        "name": "nfs",
        "provisioner": "nfs.csi.k8s.io",
        "default": True,
        "binding_mode": "Immediate",
        "reclaim_policy": "Delete",
        "expandable": False,
    }
    assert found["runtime_classes"] == [{"name": "nvidia", "handler": "nvidia"}]
    assert found["pod_security"] == {"strict": "restricted"}


def test_warnings_say_what_is_not_known_and_how_to_learn_it() -> None:
    nvidia, ascend = facts(LISTS)["warnings"]
    assert nvidia.startswith(
        "2 nodes with nvidia devices (no-gfd, dead) do not say which product, memory or driver: set gfd"
    )
    assert ascend.startswith("1 node with ascend devices (npu-dark) do not say which product")


def daemonset(name: str, image: str, path: str = "/var/lib/kubelet/device-plugins", **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "kube-system", "uid": f"uid-{name}", **metadata},
        "spec": {
            "template": {
                "spec": {"containers": [{"image": image}], "volumes": [{"name": "s", "hostPath": {"path": path}}]}
            }
        },
        "status": {"desiredNumberScheduled": 2, "numberReady": 1},
    }


OPERATED = {"ownerReferences": [{"kind": "ClusterPolicy", "name": "p", "uid": "u"}]}
KINDS: list[tuple[dict[str, Any], str, str]] = [
    (daemonset("nvdp-nvidia-device-plugin", "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"), "nvdp", GPU),
    (
        daemonset("nvidia-device-plugin-daemonset", "nvcr.io/nvidia/k8s-device-plugin:v0.20.0", **OPERATED),
        "gpu-operator",
        GPU,
    ),
    (daemonset("hami-device-plugin", "projecthami/hami:v2.10.0"), "hami", GPU),
    (daemonset("hami-ascend-device-plugin", "projecthami/ascend-device-plugin:v1"), "hami", "huawei.com/Ascend910"),
    (
        daemonset("ascend-device-plugin-daemonset", "ascendhub/ascend-k8sdeviceplugin:v26.1.0"),
        "mindcluster",
        "huawei.com/Ascend910",
    ),
    (daemonset("huawei-npu-device-plugin", "swr/hwofficial/npu:1"), "cce", "huawei.com/ascend-1980"),
    (daemonset("mystery", "example/fpga:1", path="/var/lib/kubelet/device-plugins/"), "unknown", ""),
]


@pytest.mark.parametrize(("item", "kind", "resource"), KINDS)
def test_owners(item: dict[str, Any], kind: str, resource: str) -> None:
    runs = pod("plugin", "a100", {})
    runs["metadata"]["ownerReferences"] = [{"kind": "DaemonSet", "uid": item["metadata"]["uid"]}]
    (found,) = owners([item, daemonset("logger", "fluent", path="/var/log")], [runs], [])
    assert (found["kind"], found["resource"], found["nodes"]) == (kind, resource, ["a100"])
    assert (found["desired"], found["ready"], found["managed"]) == (2, 1, False)


def test_what_this_collection_put_there_is_its_own() -> None:
    applied = daemonset("ascend-device-plugin-daemonset", "x", managedFields=[{"manager": "swift-k8s"}])
    released = daemonset(
        "nvidia-device-plugin",
        "x",
        annotations={"meta.helm.sh/release-namespace": "ms-swift", "meta.helm.sh/release-name": "qwen"},
    )
    found = owners([applied, released], [], [{"namespace": "ms-swift", "name": "qwen", "managed": True}])
    assert [item["managed"] for item in found] == [True, True]


class Cluster:
    """Only what gathering asks for."""

    host = "https://192.0.2.1"

    def __init__(self) -> None:
        self.lists = 0

    def list(self, api_version: str, kind: str, **_more: Any) -> list[dict[str, Any]]:
        self.lists += 1
        return list(LISTS["nodes"]) if kind == "Node" else []

    def raw(self, _method: str, _path: str) -> bytes:
        return b'{"groups": [{"versions": [{"groupVersion": "apps/v1"}]}]}'

    def server_version(self) -> str:
        return "v1.36.3"

    def uid(self) -> str:
        return "u"


def test_gathering_lists_each_kind_once() -> None:
    cluster: Any = Cluster()
    found = gather(cluster)
    assert (found["apis"], found["uid"], len(found["nodes"])) == (["v1", "apps/v1"], "u", 5)
    assert cluster.lists == 7
