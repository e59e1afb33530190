"""Static volumes and twins."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._storage.claim import Claim, parse
from ansible_collections.swift.k8s.plugins.module_utils._storage.errors import StorageError
from ansible_collections.swift.k8s.plugins.module_utils._storage.quantity import bytes_of
from ansible_collections.swift.k8s.plugins.module_utils._storage.volume import static_volume, twin


def claim(modes: tuple[str, ...] = ("ReadWriteMany",), **source: Any) -> Claim:
    base = {"name": "models", "namespace": "b", "state": "present", "access_modes": list(modes), "size": "1Ti"}
    return parse({**base, **source}, "ai")


NFS = {"server": "nas", "path": "/export", "mount_options": ["nfsvers=4.1"]}
OSS = {"bucket": "w", "url": "oss", "path": "/m", "fuse_type": "ossfs2", "secret": "s"}


def test_nfs_through_the_driver_or_the_kubelet() -> None:
    spec = static_volume(claim(nfs={**NFS, "driver": "csi"}))["spec"]
    assert spec["csi"]["volumeAttributes"] == {"server": "nas", "share": "/export"}
    assert spec["csi"]["volumeHandle"] == "nas#export##swift-k8s-b-models"
    assert spec["mountOptions"] == ["nfsvers=4.1"]
    assert static_volume(claim(nfs={**NFS, "driver": "kubelet"}))["spec"]["nfs"] == {"server": "nas", "path": "/export"}


def test_oss_names_the_secret_and_never_its_content() -> None:
    spec = static_volume(claim(oss={**OSS, "other_options": "-o ro"}))["spec"]
    assert spec["csi"]["nodePublishSecretRef"] == {"name": "s", "namespace": "b"}
    assert spec["csi"]["volumeAttributes"]["otherOpts"] == "-o ro"
    assert spec["csi"]["volumeHandle"] == "swift-k8s-b-models"


def test_any_other_driver_takes_what_it_is_given() -> None:
    options = {"driver": "s3.csi.aws.com", "handle": "w", "attributes": {"bucketName": "w", "n": True}, "secret": "s"}
    spec = static_volume(claim(csi={**options, "secret_namespace": "kube-system", "mount_options": ["region eu"]}))[
        "spec"
    ]
    assert spec["csi"]["volumeAttributes"] == {"bucketName": "w", "n": "true"}
    assert spec["csi"]["nodePublishSecretRef"] == {"name": "s", "namespace": "kube-system"}
    assert spec["mountOptions"] == ["region eu"]


def test_local_is_bound_to_its_nodes() -> None:
    spec = static_volume(claim(local={"path": "/data", "nodes": ["n1"]}))["spec"]
    terms = spec["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert terms == [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n1"]}]}]


def test_directories_of_several_nodes_are_not_one_volume() -> None:
    for nodes, words in (([], "local on several nodes"), (["n1", "n2"], "local on 2 nodes")):
        with pytest.raises(StorageError, match=words):
            static_volume(claim(local={"path": "/data", "nodes": nodes}))


@pytest.mark.parametrize(
    ("nodes", "labels", "wanted"),
    [
        ([], {"pool": "gpu"}, [{"key": "pool", "operator": "In", "values": ["gpu"]}]),
        ([], {}, [{"key": "kubernetes.io/hostname", "operator": "Exists"}]),
    ],
)
def test_local_is_bound_to_nodes_by_label(nodes: list[str], labels: dict[str, str], wanted: list[Any]) -> None:
    options = {"path": "/data", "nodes": nodes, "node_labels": labels, "shared_path": True}
    affinity = static_volume(claim(local=options))["spec"]["nodeAffinity"]
    assert affinity["required"]["nodeSelectorTerms"] == [{"matchExpressions": wanted}]


def test_local_on_several_nodes_may_be_one_path() -> None:
    with pytest.raises(StorageError, match="local on 2 nodes"):
        static_volume(claim(local={"path": "/data", "nodes": ["n1", "n2"]}))
    static_volume(claim(local={"path": "/data", "nodes": ["n1", "n2"], "shared_path": True}))


@pytest.mark.parametrize(
    "source", [{"nfs": {**NFS, "driver": "csi"}}, {"oss": OSS}, {"local": {"path": "/d", "nodes": ["n"]}}]
)
def test_every_static_volume_is_kept_and_bound_beforehand(source: dict[str, Any]) -> None:
    spec = static_volume(claim(**source))["spec"]
    assert (spec["persistentVolumeReclaimPolicy"], spec["storageClassName"]) == ("Retain", "")
    assert (spec["claimRef"]["namespace"], spec["claimRef"]["name"]) == ("b", "models")


SHARED = claim(shared_from={"name": "models", "namespace": "ai"})


def source_volume(**spec: Any) -> dict[str, Any]:
    own = {"storageClassName": "nfs", "claimRef": {"name": "models", "uid": "u"}, "capacity": {"storage": "1Ti"}}
    own["accessModes"] = ["ReadWriteMany"]
    return {"metadata": {"name": "pv1"}, "spec": {**own, "persistentVolumeReclaimPolicy": "Delete", **spec}}


@pytest.mark.parametrize(
    ("spec", "handle"),
    [
        (
            {"csi": {"driver": "nfs.csi.k8s.io", "volumeHandle": "nas#export#pv1##"}},
            "nas#export#pv1##swift-k8s-b-models",
        ),
        ({"csi": {"driver": "ossplugin.csi.alibabacloud.com", "volumeHandle": "pv1"}}, "swift-k8s-b-models"),
        ({"hostPath": {"path": "/shared/pv1"}}, None),
    ],
)
def test_twin_has_the_place_but_not_the_name(spec: dict[str, Any], handle: Any) -> None:
    made = twin(SHARED, source_volume(**spec))
    assert made["metadata"]["name"] == "swift-k8s-b-models"
    assert (made["spec"].get("csi") or {}).get("volumeHandle") == handle
    assert made["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert "uid" not in made["spec"]["claimRef"]


@pytest.mark.parametrize(("size", "wanted"), [("1Ti", "2Ti"), ("2Ti", "2Ti"), ("4Ti", "4Ti")])
@pytest.mark.parametrize("modes", [("ReadWriteMany",), ("ReadOnlyMany",)])
def test_a_twin_says_what_its_claim_asks_for(size: str, wanted: str, modes: tuple[str, ...]) -> None:
    wish = claim(modes, shared_from={"name": "models", "namespace": "ai"}, size=size)
    spec = twin(wish, source_volume(hostPath={"path": "/shared"}, capacity={"storage": "2Ti"}))["spec"]
    assert (spec["capacity"]["storage"], spec["accessModes"]) == (wanted, list(modes))


def test_a_volume_of_one_node_has_no_twin_for_many() -> None:
    with pytest.raises(StorageError, match="asks for ReadWriteMany, but volume pv1 that it shares has ReadWriteOnce"):
        twin(SHARED, source_volume(hostPath={"path": "/shared"}, accessModes=["ReadWriteOnce"]))


def test_a_disk_has_no_twin() -> None:
    with pytest.raises(StorageError, match=r"driver 'ebs\.csi\.aws\.com' is not known"):
        twin(SHARED, source_volume(csi={"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [("1Ki", 1024), ("1.5Gi", 1610612736), ("2T", 2 * 10**12), ("1e3", 1000), ("7", 7), ("1E", 10**18)],
)
def test_sizes(size: str, wanted: int) -> None:
    assert bytes_of(size) == wanted
