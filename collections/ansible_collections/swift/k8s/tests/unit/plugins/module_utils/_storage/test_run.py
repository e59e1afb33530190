"""The module's one call against a cluster in memory: create, again, check mode, change, absent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Conflict, Forbidden
from ansible_collections.swift.k8s.plugins.module_utils._storage import apply, run
from ansible_collections.swift.k8s.plugins.module_utils._storage.errors import StorageError

from .fake_cluster import FakeCluster

NFS_CLASS = {
    "name": "nfs",
    "nfs": {"server": "nas", "share": "/x", "sub_dir": "a"},
    "reclaim_policy": "Retain",
    "volume_binding_mode": "Immediate",
    "allow_volume_expansion": True,
    "default": True,
}


DRIVER = {"kind": "CSIDriver", "metadata": {"name": "nfs.csi.k8s.io"}}


def params(**more: Any) -> dict[str, Any]:
    claim = {
        "name": "models",
        "state": "present",
        "access_modes": ["ReadWriteMany"],
        "size": "1Gi",
        "storage_class": "nfs",
    }
    base = {
        "claims": [claim],
        "classes": [NFS_CLASS],
        "namespace": "ai",
        "namespace_labels": {},
        "wait": True,
        "wait_timeout": 5,
    }
    return {**base, **more}


def provision(cluster: FakeCluster) -> None:
    """What a provisioner does: every claim gets a volume that would go with it."""
    for (kind, _namespace, name), claim in list(cluster.objects.items()):
        if kind == "PersistentVolumeClaim" and not claim["spec"].get("volumeName"):
            spec = {
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": "nfs",
                "accessModes": ["ReadWriteMany"],
            }
            meta = {"name": f"pv-{name}"}
            volume = {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": meta,
                "spec": spec,
                "status": {"phase": "Bound"},
            }
            cluster.objects["PersistentVolume", "", meta["name"]] = volume
            claim["spec"]["volumeName"] = meta["name"]
            claim["status"] = {"phase": "Bound", "capacity": {"storage": "1Gi"}}


def test_make_then_make_again_then_check() -> None:
    cluster = FakeCluster(DRIVER, react=provision)
    first = run.run(cluster, params(), check_mode=False)
    assert first["changed"]
    assert first["claims"][0]["phase"] == "Bound"
    assert cluster.objects["PersistentVolume", "", "pv-models"]["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert cluster.writes == [
        ("create", "StorageClass", "nfs"),
        ("create", "Namespace", "ai"),
        ("create", "PersistentVolumeClaim", "models"),
        ("patch", "PersistentVolume", "pv-models"),
    ]
    cluster.writes.clear()
    assert not run.run(cluster, params(), check_mode=False)["changed"]
    assert not run.run(cluster, params(), check_mode=True)["changed"]
    assert cluster.writes == []


@pytest.mark.parametrize("kind", ["StorageClass", "Namespace", "PersistentVolumeClaim"])
def test_what_another_run_makes_meanwhile_is_taken(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    cluster = FakeCluster(DRIVER, react=provision)
    make = cluster.create

    def beaten(body: dict[str, Any], **more: Any) -> Any:
        made = make(body, **more)
        if body["kind"] == kind and len(cluster.writes) < 4:
            raise Conflict(f"{kind} already exists")
        return made

    monkeypatch.setattr(cluster, "create", beaten)
    done = run.run(cluster, params(), check_mode=False)
    assert (done["changed"], done["claims"][0]["phase"]) == (True, "Bound")
    assert [name for verb, name, _object in cluster.writes if verb == "create"] == [
        "StorageClass",
        "Namespace",
        "PersistentVolumeClaim",
    ]


def test_a_fight_over_an_object_ends_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = FakeCluster(DRIVER)

    def refused(_body: dict[str, Any], **_more: Any) -> Any:
        raise Conflict("storageclasses nfs already exists")

    monkeypatch.setattr(cluster, "create", refused)
    with pytest.raises(Conflict, match="already exists"):
        run.run(cluster, params(), check_mode=False)


def test_check_mode_says_what_a_run_does_and_does_nothing() -> None:
    cluster = FakeCluster(DRIVER)
    forecast = run.run(cluster, params(), check_mode=True)
    assert forecast["changed"]
    assert sorted(forecast["diff"]["after"]) == ["Namespace ai", "PersistentVolumeClaim ai/models", "StorageClass nfs"]
    assert cluster.writes == []


def test_nothing_is_written_when_one_wish_is_wrong() -> None:
    cluster = FakeCluster(DRIVER)
    good = params()["claims"][0]
    with pytest.raises(StorageError, match="wants class 'nope'"):
        run.run(cluster, params(claims=[good, {**good, "name": "b", "storage_class": "nope"}]), check_mode=False)
    assert cluster.writes == []


def test_a_driver_that_is_not_there_is_said_before_anything_is_made() -> None:
    cluster = FakeCluster()
    with pytest.raises(StorageError, match="claim ai/models needs the CSI driver nfs"):
        run.run(cluster, params(), check_mode=True)
    assert cluster.writes == []


def test_drivers_that_may_not_be_listed_are_taken_for_there() -> None:
    class Shy(FakeCluster):
        def list(self, api_version: str, kind: str, *words: Any, **more: Any) -> list[dict[str, Any]]:
            if kind == "CSIDriver":
                raise Forbidden("csidrivers")
            return super().list(api_version, kind, *words, **more)

    assert run.run(Shy(), params(), check_mode=True)["changed"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("volume_binding_mode", "WaitForFirstConsumer", "exists with volumeBindingMode 'Immediate'"),
        ("nfs", {"server": "other", "share": "/x"}, "exists with parameters"),
        ("nfs", None, "class nfs has no provisioner"),
    ],
)
def test_what_a_class_cannot_change(field: str, value: Any, words: str) -> None:
    cluster = FakeCluster(DRIVER, react=provision)
    run.run(cluster, params(claims=[]), check_mode=False)
    with pytest.raises(StorageError, match=words):
        run.run(cluster, params(classes=[{**NFS_CLASS, field: value}]), check_mode=False)


def test_what_a_class_can_change() -> None:
    cluster = FakeCluster(DRIVER, react=provision)
    run.run(cluster, params(classes=[{**NFS_CLASS, "default": False}]), check_mode=False)
    changed = run.run(cluster, params(classes=[{**NFS_CLASS, "allow_volume_expansion": False}]), check_mode=False)
    assert changed["diff"]["after"]["StorageClass nfs"]["allowVolumeExpansion"] is False
    assert cluster.writes[-1] == ("patch", "StorageClass", "nfs")


def test_a_claim_grows_in_the_run_that_lets_its_class_grow() -> None:
    cluster = FakeCluster(DRIVER, react=provision)
    run.run(cluster, params(classes=[{**NFS_CLASS, "allow_volume_expansion": False}]), check_mode=False)
    larger = [{**params()["claims"][0], "size": "2Gi"}]
    run.run(cluster, params(claims=larger, classes=[{**NFS_CLASS, "allow_volume_expansion": True}]), check_mode=False)
    assert cluster.writes[-2:] == [("patch", "StorageClass", "nfs"), ("patch", "PersistentVolumeClaim", "models")]


def test_absent_keeps_the_data() -> None:
    cluster = FakeCluster(DRIVER, react=provision)
    run.run(cluster, params(), check_mode=False)
    gone = [{**params()["claims"][0], "state": "absent"}]
    assert run.run(cluster, params(claims=gone), check_mode=False)["changed"]
    assert ("PersistentVolume", "", "pv-models") in cluster.objects
    assert not run.run(cluster, params(claims=gone), check_mode=False)["changed"]


def test_a_claim_that_stays_unbound_tells_the_clusters_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "_PAUSE_SECONDS", 0)
    event = {"kind": "Event", "metadata": {"name": "e", "namespace": "ai"}, "message": "no server nas"}
    with pytest.raises(StorageError, match=r"not bound after 0 s\. The cluster says: no server nas"):
        run.run(FakeCluster(DRIVER, event), params(wait_timeout=0), check_mode=False)


def test_a_claim_that_stays_names_the_pods_that_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "_PAUSE_SECONDS", 0)
    pod = {"kind": "Pod", "metadata": {"name": "server", "namespace": "ai"}}
    pod["spec"] = {"volumes": [{"persistentVolumeClaim": {"claimName": "models"}}]}
    cluster = FakeCluster(DRIVER, pod, react=provision)
    run.run(cluster, params(), check_mode=False)
    monkeypatch.setattr(FakeCluster, "delete", lambda *_, **__: True)
    gone = [{**params()["claims"][0], "state": "absent"}]
    with pytest.raises(StorageError, match="pods that mount it: server"):
        run.run(cluster, params(claims=gone, wait_timeout=0), check_mode=False)


def test_pods_that_ended_do_not_keep_a_claim_that_shall_go() -> None:
    cluster = FakeCluster(DRIVER, react=provision)
    run.run(cluster, params(), check_mode=False)
    for name, phase in (("seeded", "Succeeded"), ("serving", "Running")):
        cluster.objects["Pod", "ai", name] = {
            "metadata": {"name": name, "namespace": "ai"},
            "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "models"}}]},
            "status": {"phase": phase},
        }
    cluster.writes.clear()
    gone = {**params()["claims"][0], "state": "absent", "delete_data": True}
    run.run(cluster, params(claims=[gone], classes=[]), check_mode=False)
    assert ("delete", "Pod", "seeded") in cluster.writes
    assert ("Pod", "ai", "serving") in cluster.objects
