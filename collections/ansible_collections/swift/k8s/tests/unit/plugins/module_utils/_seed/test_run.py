"""One volume through its life: start, follow, join, record, unchanged; and what goes wrong on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Conflict, NotFound
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import SeedError
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._storage.fake_cluster import FakeCluster

from .wishes import model, params

RESULT = {
    "id": "org/tiny",
    "type": "model",
    "hub": "modelscope",
    "path": "/cache/models/org/tiny",
    "revision": "master",
    "resolved": "c1",
    "files": 2,
    "bytes": 9,
    "changes": [],
}
DONE = {"event": "done", "changed": True, "results": [RESULT]}


def cluster() -> FakeCluster:
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "models", "namespace": "ai", "uid": "u1"}}
    claim["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "swift-k8s"}
    claim["spec"] = {"volumeName": "pv1"}
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv1"}}
    volume["spec"] = {"persistentVolumeReclaimPolicy": "Delete"}
    return FakeCluster(claim, volume)


def test_an_empty_limit_is_none() -> None:
    fake = cluster()
    run(fake, params(rate_limit="", lan_rate_limit=""), check_mode=False)
    told = [item["data"]["rate"] for (kind, _namespace, _name), item in fake.objects.items() if kind == "ConfigMap"]
    assert told == ["unlimited"]


def the_job(fake: FakeCluster) -> dict[str, Any]:
    return next(item for (kind, _namespace, _name), item in fake.objects.items() if kind == "Job")


def pod(fake: FakeCluster, phase: str, *events: dict[str, Any], end: str = "") -> None:
    """Play the cluster: the Job's pod is in a phase and its engine has said something."""
    job = the_job(fake)
    labels = {"batch.kubernetes.io/job-name": job["metadata"]["name"]}
    meta = {"name": "pod", "namespace": "ai", "labels": labels}
    fake.objects["Pod", "ai", "pod"] = {"kind": "Pod", "metadata": meta, "spec": {}, "status": {"phase": phase}}
    fake.pod_logs["pod"] = "\n".join(json.dumps(event) for event in events)
    job["status"] = {"conditions": [{"type": end, "status": "True"}]} if end else {}


def test_the_life_of_a_seeding() -> None:
    fake = cluster()
    first = run(fake, params(), check_mode=False)
    assert (first["changed"], first["seeding"]) == (True, True)
    name = the_job(fake)["metadata"]["name"]
    assert fake.objects["ConfigMap", "ai", name]["metadata"]["ownerReferences"][0]["uid"] == first["followed"]["models"]

    fake.writes.clear()
    pod(fake, "Running", {"event": "progress", "bytes": 5})
    joined = run(fake, params(), check_mode=False)
    assert (joined["changed"], joined["seeding"], joined["progress"]["bytes"]) == (False, True, 5)
    assert fake.writes == []

    pod(fake, "Succeeded", DONE, end="Complete")
    last = run(fake, params(), check_mode=False)
    assert (last["changed"], last["seeding"]) == (True, False)
    assert last["models"] == [{"id": "org/tiny", **{key: RESULT[key] for key in RESULT if key != "changes"}}]
    assert fake.objects["PersistentVolume", "", "pv1"]["spec"]["persistentVolumeReclaimPolicy"] == "Retain"

    fake.writes.clear()
    again = run(fake, params(), check_mode=False)
    assert (again["changed"], again["seeding"], again["models"]) == (False, False, last["models"])
    assert not run(fake, params(), check_mode=True)["changed"]
    assert fake.writes == []


def test_a_new_model_seeds_again_and_keeps_the_record_of_the_old_one() -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    pod(fake, "Succeeded", DONE, end="Complete")
    run(fake, params(), check_mode=False)
    more = params(models=[model(id="org/b")])
    assert run(fake, more, check_mode=False)["seeding"]
    record = json.loads(fake.objects["ConfigMap", "ai", "swift-k8s-seeded-models"]["data"]["record.json"])
    assert list(record["models"]) == ["model:org/tiny"]


def test_a_claim_made_anew_is_seeded_anew() -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    pod(fake, "Succeeded", DONE, end="Complete")
    run(fake, params(), check_mode=False)
    fake.objects["PersistentVolumeClaim", "ai", "models"]["metadata"]["uid"] = "u2"
    assert run(fake, params(), check_mode=False)["seeding"]


@pytest.mark.parametrize("damage", ["{", '{"version": 1, "claim_uid": "u1", "models": {"model:org/tiny": {}}}'])
def test_a_damaged_record_counts_for_nothing(damage: str) -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    pod(fake, "Succeeded", DONE, end="Complete")
    run(fake, params(), check_mode=False)
    fake.objects["ConfigMap", "ai", "swift-k8s-seeded-models"]["data"]["record.json"] = damage
    again = run(fake, params(), check_mode=False)
    assert again["models"][0]["resolved"] == "c1"


def test_another_limit_reaches_the_running_job() -> None:
    fake = cluster()
    run(fake, params(rate_limit="8MiB/s"), check_mode=False)
    pod(fake, "Running")
    assert run(fake, params(rate_limit="64MiB/s"), check_mode=False)["changed"]
    assert fake.objects["ConfigMap", "ai", the_job(fake)["metadata"]["name"]]["data"]["rate"] == "64MiB/s"


def test_a_failure_of_ours_is_told_and_an_older_one_is_cleared() -> None:
    fake = cluster()
    uid = run(fake, params(), check_mode=False)["followed"]["models"]
    error = {"event": "error", "message": "disk full", "next_step": "Make room"}
    pod(fake, "Failed", {"event": "warning", "model": "m", "message": "slow"}, error, end="Failed")
    with pytest.raises(SeedError, match=r"volume ai/models is not seeded: disk full\. Make room") as caught:
        run(fake, params(followed={"models": uid}), check_mode=False)
    assert (caught.value.log, caught.value.history) == (["m: slow"], {})
    assert run(fake, params(), check_mode=False)["seeding"]
    assert the_job(fake)["metadata"]["uid"] != uid


def test_a_failure_says_what_was_done_until_then() -> None:
    fake = cluster()
    uid = run(fake, params(), check_mode=False)["followed"]["models"]
    summary = {**DONE, "event": "summary", "time": 1000.0, "bytes_fetched": 40}
    pod(fake, "Failed", summary, {"event": "error", "message": "disk full"}, end="Failed")
    with pytest.raises(SeedError) as caught:
        run(fake, params(followed={"models": uid}), check_mode=False)
    assert (caught.value.history["finished"], caught.value.history["bytes_fetched"]) == (1000.0, 40)


def test_a_pod_without_a_node_fails_late_and_is_made_anew_by_the_next_run() -> None:
    fake = cluster()
    uid = run(fake, params(), check_mode=False)["followed"]["models"]
    pod(fake, "Pending")
    unscheduled = {"type": "PodScheduled", "status": "False", "message": "0/9 nodes"}
    fake.objects["Pod", "ai", "pod"]["status"]["conditions"] = [unscheduled]
    assert (
        run(fake, params(followed={"models": uid}), check_mode=False)["waiting"] == "pod pod finds no node: 0/9 nodes"
    )
    the_job(fake)["metadata"]["creationTimestamp"] = "2020-01-01T00:00:00Z"
    with pytest.raises(SeedError, match=r"0/9 nodes\. The Job stays"):
        run(fake, params(followed={"models": uid}), check_mode=False)
    run(fake, params(), check_mode=False)
    assert the_job(fake)["metadata"]["uid"] != uid


@pytest.mark.parametrize(
    ("phase", "image", "same"),
    [("Pending", "other", False), ("Pending", "python:3.11", True), ("Running", "other", True)],
)
def test_a_pod_that_has_not_started_takes_a_corrected_image(phase: str, image: str, same: bool) -> None:
    fake = cluster()
    uid = run(fake, params(), check_mode=False)["followed"]["models"]
    pod(fake, phase)
    run(fake, params(image=image), check_mode=False)
    assert (the_job(fake)["metadata"]["uid"] == uid) is same


def test_a_finished_job_without_its_log_runs_once_more() -> None:
    fake = cluster()
    uid = run(fake, params(), check_mode=False)["followed"]["models"]
    pod(fake, "Succeeded", end="Complete")
    assert run(fake, params(), check_mode=False)["seeding"]
    assert the_job(fake)["metadata"]["uid"] != uid


def test_a_job_of_ours_that_says_nothing_is_not_run_for_ever() -> None:
    fake = cluster()
    uid = run(fake, params(), check_mode=False)["followed"]["models"]
    pod(fake, "Succeeded", end="Complete")
    with pytest.raises(SeedError, match=r"the Job completed, but its log tells nothing of the models\. Run"):
        run(fake, params(followed={"models": uid}), check_mode=False)
    assert the_job(fake)["metadata"]["uid"] == uid


def test_one_seeder_a_site() -> None:
    fake = cluster()
    run(fake, params(site="Beijing"), check_mode=False)
    lease = fake.objects["Lease", "ai", "swift-k8s-site-beijing"]
    assert lease["spec"]["holderIdentity"] == f"ai/{the_job(fake)['metadata']['name']}"

    second = {
        **fake.objects["PersistentVolumeClaim", "ai", "models"],
        "metadata": {"name": "b", "namespace": "ai", "uid": "b"},
    }
    fake.objects["PersistentVolumeClaim", "ai", "b"] = second
    other = run(fake, params(site="beijing", volume="b"), check_mode=False)
    assert (other["changed"], other["seeding"], other["waiting"]) == (
        False,
        True,
        f"site beijing is used by {lease['spec']['holderIdentity']}",
    )

    pod(fake, "Succeeded", DONE, end="Complete")
    run(fake, params(site="beijing"), check_mode=False)
    assert ("Lease", "ai", "swift-k8s-site-beijing") not in fake.objects
    assert run(fake, params(site="beijing", volume="b"), check_mode=False)["changed"]


def test_the_site_of_a_dead_job_is_taken_over_and_a_quicker_one_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = cluster()
    meta = {"name": "swift-k8s-site-x", "namespace": "ai", "resourceVersion": "7"}
    fake.objects["Lease", "ai", "swift-k8s-site-x"] = {
        "kind": "Lease",
        "metadata": meta,
        "spec": {"holderIdentity": "ai/gone"},
    }
    run(fake, params(site="x"), check_mode=False)
    assert fake.objects["Lease", "ai", "swift-k8s-site-x"]["spec"]["holderIdentity"].startswith("ai/swift-k8s-seed")

    def late(*_: Any, **__: Any) -> None:
        raise Conflict("changed meanwhile")

    rival = cluster()
    monkeypatch.setattr(rival, "create", late)
    assert "quicker" in run(rival, params(site="x"), check_mode=False)["waiting"]


def test_verify_asks_the_volume_and_changes_nothing_when_all_is_well() -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    pod(fake, "Succeeded", DONE, end="Complete")
    run(fake, params(), check_mode=False)
    uid = run(fake, params(verify="full"), check_mode=False)["followed"]["models"]
    jobs = [item for (kind, _namespace, _name), item in fake.objects.items() if kind == "Job"]
    new = next(item for item in jobs if item["metadata"]["uid"] == uid)
    new["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}
    labels = {"batch.kubernetes.io/job-name": new["metadata"]["name"]}
    fake.objects["Pod", "ai", "v"] = {
        "kind": "Pod",
        "metadata": {"name": "v", "namespace": "ai", "labels": labels},
        "status": {},
    }
    fake.pod_logs["v"] = json.dumps({**DONE, "changed": False})
    fake.writes.clear()
    last = run(fake, params(verify="full", followed={"models": uid}), check_mode=False)
    assert (last["changed"], last["seeding"]) == (False, False)
    assert fake.writes == []


def test_what_is_not_listed_any_more_is_removed_if_the_user_wants_that() -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    pod(fake, "Succeeded", DONE, end="Complete")
    run(fake, params(), check_mode=False)
    fake.delete("batch/v1", "Job", the_job(fake)["metadata"]["name"], "ai")
    assert not run(fake, params(models=[]), check_mode=False)["changed"]
    gone = params(models=[], keep="listed")
    assert run(fake, gone, check_mode=True)["would_remove"] == ["model:org/tiny"]
    assert run(fake, gone, check_mode=False)["seeding"]
    first = the_job(fake)["spec"]["template"]["spec"]["initContainers"][0]
    assert first["args"] == ["swift_seed._seed.tidy", "/cache", "/engine/remove.json"]
    pod(fake, "Succeeded", {"event": "done", "changed": False, "results": []}, end="Complete")
    assert run(fake, gone, check_mode=False)["removed"] == ["model:org/tiny"]
    fake.writes.clear()
    assert not run(fake, gone, check_mode=False)["changed"]
    assert fake.writes == []


def test_a_model_whose_revision_is_named_at_last_is_kept_and_has_one_entry() -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    pod(fake, "Succeeded", DONE, end="Complete")
    run(fake, params(), check_mode=False)
    fake.delete("batch/v1", "Job", the_job(fake)["metadata"]["name"], "ai")
    named = params(models=[model(revision="master")], keep="listed")
    assert run(fake, named, check_mode=True)["would_remove"] == []
    run(fake, named, check_mode=False)
    assert the_job(fake)["spec"]["template"]["spec"]["initContainers"] == []
    pod(fake, "Succeeded", DONE, end="Complete")
    assert run(fake, named, check_mode=False)["removed"] == []
    record = json.loads(fake.objects["ConfigMap", "ai", "swift-k8s-seeded-models"]["data"]["record.json"])
    assert list(record["models"]) == ["model:org/tiny@master"]


def test_a_log_that_cannot_be_read_for_a_moment_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    pod(fake, "Running")

    def away(*_: Any, **__: Any) -> str:
        raise NotFound("the node does not answer")

    monkeypatch.setattr(fake, "logs", away)
    assert run(fake, params(), check_mode=False)["seeding"]


def test_no_claim() -> None:
    with pytest.raises(SeedError, match=r"volume ai/models does not exist\. Name it under storage_claims"):
        run(FakeCluster(), params(), check_mode=False)
