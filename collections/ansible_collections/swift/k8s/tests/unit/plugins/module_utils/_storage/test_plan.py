"""What to do about claims: every case as a row."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._storage.claim import MANAGED_BY, Claim, parse_all
from ansible_collections.swift.k8s.plugins.module_utils._storage.errors import StorageError
from ansible_collections.swift.k8s.plugins.module_utils._storage.plan import Observed, plan_claim, plan_namespaces

DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


def option(**more: Any) -> dict[str, Any]:
    base = {"name": "models", "namespace": None, "state": "present", "access_modes": ["ReadWriteMany"], "size": "10Gi"}
    return {**base, **more}


def claim(**more: Any) -> Claim:
    return parse_all([option(**more)], "ai")[0]


def storage_class(name: str = "nfs", provisioner: str = "nfs.csi.k8s.io", **more: Any) -> dict[str, Any]:
    meta = {"name": name, "annotations": more.pop("annotations", {})}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": meta,
        "provisioner": provisioner,
        **more,
    }


def found(
    size: str = "10Gi", modes: tuple[str, ...] = ("ReadWriteMany",), ours: bool = True, **more: Any
) -> dict[str, Any]:
    spec: dict[str, Any] = {"accessModes": list(modes), "storageClassName": more.pop("storage_class", "nfs")}
    spec["volumeName"] = "pv1"
    spec["resources"] = {"requests": {"storage": size}}
    labels = dict(MANAGED_BY) if ours else {}
    meta = {"name": "models", "namespace": "ai", "labels": labels}
    whole = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}
    return {**whole, "status": {"phase": "Bound"}, **more}


def volume(policy: str = "Retain", phase: str = "Bound", **source: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "persistentVolumeReclaimPolicy": policy,
        "accessModes": ["ReadWriteMany"],
        "capacity": {"storage": "10Gi"},
        "storageClassName": "nfs",
    }
    spec["claimRef"] = {"namespace": "ai", "name": "models", "uid": "u"}
    spec.update(
        source or {"csi": {"driver": "nfs.csi.k8s.io", "volumeHandle": "nas#export#pv1##", "volumeAttributes": {}}}
    )
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "pv1"},
        "spec": spec,
        "status": {"phase": phase},
    }


def observed(
    *claims: dict[str, Any],
    classes: Any = None,
    volumes: Any = (),
    namespaces: tuple[str, ...] = ("ai",),
    drivers: Any = ("nfs.csi.k8s.io",),
) -> Observed:
    classes = [storage_class()] if classes is None else classes
    return Observed(
        frozenset(namespaces),
        {item["metadata"]["name"]: item for item in classes},
        {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in claims},
        {item["metadata"]["name"]: item for item in volumes},
        None if drivers is None else frozenset(drivers),
    )


def verbs(wish: Claim, there: Observed) -> list[tuple[str, str]]:
    return [(action.verb, action.kind) for action in plan_claim(wish, there)]


PVC, PV = "PersistentVolumeClaim", "PersistentVolume"
NFS = {"server": "nas", "path": "/export", "driver": "csi", "mount_options": []}
OSS = {"bucket": "w", "url": "oss", "path": "/", "fuse_type": "ossfs2"}
S3 = {"driver": "s3.csi.aws.com", "handle": "w", "attributes": {}}


LOCAL = {"path": "/d", "nodes": [], "node_labels": {}, "shared_path": True}


def nfs() -> dict[str, Any]:
    """The volume of a claim on NFS that was made here, as the API server returns it."""
    wish = claim(nfs=NFS)
    created = plan_claim(wish, observed())[0].body
    return {**created, "metadata": {**created["metadata"], "name": "pv1"}}


def local(*nodes: str) -> dict[str, Any]:
    created = plan_claim(claim(local={**LOCAL, "nodes": list(nodes)}), observed())[0].body
    return {**created, "metadata": {**created["metadata"], "name": "pv1"}}


@pytest.mark.parametrize(
    ("wish", "there", "wanted"),
    [
        (claim(storage_class="nfs"), observed(), [("create", PVC)]),
        (claim(), observed(classes=[storage_class(annotations=DEFAULT)]), [("create", PVC)]),
        (claim(), observed(found(), volumes=[volume()]), []),
        (claim(size="5Gi"), observed(found(), volumes=[volume()]), []),
        (claim(), observed(found(), volumes=[volume("Delete")]), [("patch", PV)]),
        (claim(), observed(found(ours=False), volumes=[volume("Delete")]), []),
        (claim(size="20Gi"), observed(found(), classes=[storage_class(allowVolumeExpansion=True)]), [("patch", PVC)]),
        (claim(labels={"team": "a"}), observed(found()), [("patch", PVC)]),
        (claim(storage_class="nfs"), observed(volumes=[volume(phase="Released")]), [("patch", PV), ("create", PVC)]),
        (claim(nfs=NFS), observed(), [("create", PV), ("create", PVC)]),
        (claim(nfs=NFS), observed(drivers=None), [("create", PV), ("create", PVC)]),
        (claim(nfs={**NFS, "driver": "kubelet"}), observed(drivers=()), [("create", PV), ("create", PVC)]),
        (claim(storage_class="x"), observed(classes=[storage_class("x", "own/x")], drivers=()), [("create", PVC)]),
        (claim(), observed(found(), volumes=[volume()], drivers=()), []),
        (claim(size=None), observed(found(), volumes=[volume()]), []),
        (claim(storage_class="nfs"), observed(volumes=[volume("Delete", "Released")]), [("create", PVC)]),
        (claim(local={**LOCAL, "nodes": ["b", "a"]}), observed(found(storage_class=""), volumes=[local("a", "b")]), []),
        (
            claim(nfs={**NFS, "mount_options": ["hard"]}),
            observed(found(storage_class=""), volumes=[nfs()]),
            [("patch", PV)],
        ),
        (claim(state="absent"), observed(), []),
        (claim(state="absent"), observed(found(), volumes=[volume("Delete")]), [("patch", PV), ("delete", PVC)]),
        (
            claim(state="absent", delete_data=True),
            observed(found(), volumes=[volume()]),
            [("patch", PV), ("delete", PVC)],
        ),
    ],
)
def test_actions(wish: Claim, there: Observed, wanted: list[tuple[str, str]]) -> None:
    assert verbs(wish, there) == wanted


@pytest.mark.parametrize(
    ("wish", "there", "words"),
    [
        (
            claim(),
            observed(found(modes=("ReadWriteOnce",))),
            "exists with access mode ReadWriteOnce, wanted ReadWriteMany",
        ),
        (claim(storage_class="cephfs"), observed(found()), "class of a claim cannot change"),
        (claim(size="20Gi"), observed(found()), "class nfs does not allow volumes to grow"),
        (claim(storage_class="nope"), observed(), "It has: nfs."),
        (claim(), observed(), "the cluster has no default"),
        (claim(), observed(found(status={"phase": "Lost"})), "lost its volume pv1"),
        (claim(state="absent"), observed(found(ours=False)), "was not made by swift.k8s"),
        (claim(storage_class="d"), observed(classes=[storage_class("d", "ebs.csi.aws.com")]), "use efs.csi.aws.com"),
        (
            claim(nfs={**NFS, "server": "other"}),
            observed(found(storage_class=""), volumes=[volume()]),
            "The place of a volume cannot change",
        ),
        (
            claim(shared_from={"name": "x", "namespace": "y"}),
            observed(),
            "shares the volume of claim y/x, which does not exist",
        ),
        (claim(nfs=NFS), observed(drivers=()), "has not. It has none. Next: helm install csi-driver-nfs"),
        (claim(storage_class="nfs"), observed(drivers=()), "needs the CSI driver nfs.csi.k8s.io"),
        (claim(oss=OSS), observed(), r"It has: nfs.csi.k8s.io. Next: install alibaba-cloud-csi-driver"),
        (
            claim(storage_class="nfs", size="20Gi"),
            observed(volumes=[volume(phase="Released")]),
            "asks for 20Gi, but volume pv1, which it left behind with its data, has 10Gi. Set size to 10Gi",
        ),
        (
            claim(local={**LOCAL, "nodes": ["b"]}),
            observed(found(storage_class=""), volumes=[local("a")]),
            r"is on the nodes \['kubernetes.io/hostname In a'\], wanted \['kubernetes.io/hostname In b'\]",
        ),
        (
            claim(size="20Gi"),
            observed(found(status={"phase": "Pending"}), classes=[storage_class(allowVolumeExpansion=True)]),
            "is not bound; Kubernetes enlarges bound claims only",
        ),
        (
            claim(name="twin", shared_from={"name": "models", "namespace": "ai"}),
            observed(found(ours=False), volumes=[volume("Delete")]),
            r"whose files go with that claim \(reclaim policy Delete\)\. Next: kubectl patch pv pv1",
        ),
        (claim(csi=S3), observed(), "needs the CSI driver s3.csi.aws.com, which the cluster has not"),
    ],
)
def test_refusals(wish: Claim, there: Observed, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        plan_claim(wish, there)


def test_a_claim_that_is_going_is_not_used() -> None:
    going = found()
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    with pytest.raises(StorageError, match="being deleted"):
        plan_claim(claim(), observed(going))


def test_kept_volume_is_taken_back_by_name() -> None:
    release, create = plan_claim(claim(storage_class="nfs"), observed(volumes=[volume(phase="Released")]))
    assert release.body == {"spec": {"claimRef": {"uid": None, "resourceVersion": None}}}
    assert create.body["spec"]["volumeName"] == "pv1"


def test_the_newest_kept_volume_is_taken_back_as_large_as_it_is() -> None:
    old, new = volume(phase="Released"), volume(phase="Released")
    old["metadata"] = {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}
    new["metadata"] = {"name": "b", "creationTimestamp": "2026-02-01T00:00:00Z"}
    del new["spec"]["storageClassName"]  # as of a volume without a class
    there = observed(classes=[storage_class(annotations=DEFAULT)], volumes=[old, new])
    spec = plan_claim(claim(size=None), there)[-1].body["spec"]
    assert (spec["volumeName"], spec["storageClassName"]) == ("b", "")
    assert spec["resources"]["requests"]["storage"] == "10Gi"


@pytest.mark.parametrize(("times", "wanted"), [(("2026-02", "2026-01"), "a"), (("2026-01", "2026-02"), "b")])
def test_of_several_default_classes_the_newest_serves(times: tuple[str, str], wanted: str) -> None:
    both = [storage_class(name, annotations=DEFAULT) for name in ("a", "b")]
    for one, time in zip(both, times):
        one["metadata"]["creationTimestamp"] = f"{time}-01T00:00:00Z"
    assert plan_claim(claim(), observed(classes=both))[0].body["spec"]["storageClassName"] == wanted


def test_a_static_volume_is_taken_back_as_large_and_open_as_asked() -> None:
    old = volume(phase="Released", nfs={"server": "nas", "path": "/export"}, accessModes=["ReadOnlyMany"])
    old["metadata"]["name"] = "swift-k8s-ai-models"
    wish = claim(nfs={**NFS, "driver": "kubelet"}, size="20Gi")
    release, create = plan_claim(wish, observed(volumes=[old]))
    free = {"claimRef": {"uid": None, "resourceVersion": None}}
    assert release.body == {"spec": {**free, "capacity": {"storage": "20Gi"}, "accessModes": ["ReadWriteMany"]}}
    assert create.body["spec"]["volumeName"] == "swift-k8s-ai-models"


def test_the_volume_of_another_claim_is_left_alone() -> None:
    """Of namespace a and claim i-models, and of namespace a-i and claim models, one name is made."""
    other = volume(
        nfs={"server": "nas", "path": "/export"}, claimRef={"namespace": "a-i", "name": "models", "uid": "u"}
    )
    other["metadata"] = {"name": "swift-k8s-a-i-models", "labels": dict(MANAGED_BY)}
    there = observed(volumes=[other])
    ours = {"name": "i-models", "namespace": "a"}
    assert plan_claim(claim(**ours, state="absent"), there) == []
    with pytest.raises(StorageError, match="is of claim a-i/models"):
        plan_claim(claim(**ours, nfs={**NFS, "driver": "kubelet"}), there)
    with pytest.raises(StorageError, match="claims a/i-models and a-i/models name one volume"):
        parse_all([option(**ours, nfs=NFS), option(namespace="a-i", nfs=NFS)], "ai")


def test_labels_are_texts() -> None:
    made = claim(storage_class="nfs", labels={"gpu": True, "tier": 1}, annotations={"a": False})
    assert (made.labels, made.annotations) == ({**MANAGED_BY, "gpu": "true", "tier": "1"}, {"a": "false"})


def test_namespaces_are_made_once_and_only_where_missing() -> None:
    wishes = parse_all([option(), option(name="b"), option(name="c", namespace="new")], "ai")
    actions = plan_namespaces(wishes, observed(), {"pod-security.kubernetes.io/enforce": "restricted"})
    assert [action.name for action in actions] == ["new"]
    assert actions[0].body["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"size": "ten"}, "is not a size"),
        ({"size": "200"}, "asks for size '200', too few bytes: write a unit"),
        ({"size": "-1Gi"}, "asks for size '-1Gi'"),
        ({"name": "My_models"}, "claim ai/My_models cannot have this name"),
        ({"namespace": "team.b"}, "claim team.b/models cannot have this name"),
        ({"name": "m" * 254}, "cannot have this name"),
        ({"access_modes": []}, "has no access_modes: write one of ReadWriteMany"),
        ({"nfs": {**NFS, "server": ""}}, r"nfs\.server is empty"),
        ({"nfs": {**NFS, "path": "export"}}, "nfs.path 'export' is not absolute. Write it from the root, /export"),
        ({"nfs": NFS, "oss": {"bucket": "b"}}, "names nfs and oss"),
        ({"nfs": NFS, "storage_class": "nfs"}, "A static volume has no class"),
    ],
)
def test_wishes_that_are_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(StorageError, match=words):
        claim(**more)


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(StorageError, match="ai/models is listed twice"):
        parse_all([option(), option(namespace="ai")], "ai")
