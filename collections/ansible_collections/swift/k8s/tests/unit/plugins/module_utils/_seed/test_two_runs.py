"""Two runs for one volume: they share a Job, one waits for the other's, or takes its place."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Conflict
from ansible_collections.swift.k8s.plugins.module_utils._seed import step
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import SeedError
from ansible_collections.swift.k8s.plugins.module_utils._seed.plan import SUPERSEDED
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._storage.fake_cluster import FakeCluster

from .test_run import DONE, cluster, pod, the_job
from .wishes import model, params


def test_of_two_runs_started_together_the_slower_one_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, made = cluster(), FakeCluster.create

    def quicker(self: FakeCluster, body: dict[str, Any]) -> dict[str, Any]:
        made(self, body)
        raise Conflict("there already")

    monkeypatch.setattr(FakeCluster, "create", quicker)
    slower = run(fake, params(), check_mode=False)
    assert (slower["changed"], slower["seeding"], slower["followed"]) == (False, True, {})
    assert "another run makes the same Job" in slower["waiting"]
    monkeypatch.setattr(FakeCluster, "create", made)
    assert run(fake, params(), check_mode=False)["followed"] == {"models": the_job(fake)["metadata"]["uid"]}


def test_a_run_that_joined_tells_what_was_done_although_another_recorded_it() -> None:
    fake = cluster()
    first = run(fake, params(), check_mode=False)
    joined = run(fake, params(), check_mode=False)
    said = {"event": "warning", "model": "org/tiny", "message": "mirror http://m was passed over: no answer"}
    pod(fake, "Succeeded", said, {"event": "retry", "model": "", "message": "cut"}, DONE, end="Complete")
    recorded = run(fake, params(followed=first["followed"]), check_mode=False)
    late = run(fake, params(followed=joined["followed"]), check_mode=False)
    assert (recorded["changed"], late["changed"]) == (True, True)
    assert late["history"] == recorded["history"]
    assert late["warned"] == recorded["warned"] == ["org/tiny: mirror http://m was passed over: no answer"]
    assert "history" not in run(fake, params(), check_mode=False)


BOTH = params(models=[model(), model(id="org/b")])
ONLY_B = params(models=[model(id="org/b")])


def names(fake: FakeCluster) -> list[str]:
    return [name for kind, _namespace, name in fake.objects if kind == "Job"]


def done(*ids: str) -> dict[str, Any]:
    return {**DONE, "results": [{**DONE["results"][0], "id": each} for each in ids]}


def test_a_run_that_lists_more_takes_the_place_of_a_job_and_the_other_run_goes_on_after_it() -> None:
    fake = cluster()
    first = run(fake, params(), check_mode=False)
    before = names(fake)
    pod(fake, "Running")
    more = run(fake, BOTH, check_mode=False)
    assert (more["changed"], len(names(fake)), names(fake) == before) == (True, 1, False)

    pod(fake, "Running", {"event": "progress", "bytes": 5})
    waits = run(fake, params(followed=first["followed"]), check_mode=False)
    assert (waits["changed"], waits["seeding"], waits["followed"]) == (False, True, {"models": SUPERSEDED})
    assert "has taken the place of ours" in waits["waiting"]
    assert waits["progress"]["bytes"] == 5

    pod(fake, "Succeeded", done("org/tiny", "org/b"), end="Complete")
    assert not run(fake, params(**{**BOTH, "followed": more["followed"]}), check_mode=False)["seeding"]
    last = run(fake, params(followed=waits["followed"]), check_mode=False)
    assert (last["changed"], last["seeding"], last["models"][0]["resolved"]) == (False, False, "c1")


def test_a_job_that_is_being_removed_gets_no_new_limit() -> None:
    fake = cluster()
    first = run(fake, params(), check_mode=False)
    pod(fake, "Running")
    (config,) = [found for found in fake.objects if found[0] == "ConfigMap" and "seed" in found[2]]
    del fake.objects[config]
    waits = run(fake, params(followed=first["followed"], rate_limit="1MiB/s"), check_mode=False)
    assert (waits["changed"], waits["seeding"]) == (False, True)


def test_a_job_that_is_being_removed_fails_nobody() -> None:
    """Its pod was asked to stop, and says so as one that failed."""
    fake = cluster()
    first = run(fake, params(), check_mode=False)
    stopped = {"event": "error", "message": "stopped", "next_step": "Run again to continue"}
    pod(fake, "Failed", stopped, end="Failed")
    the_job(fake)["metadata"]["deletionTimestamp"] = "2026-05-01T00:00:00Z"
    waits = run(fake, params(followed=first["followed"]), check_mode=False)
    assert (waits["changed"], waits["seeding"], waits["followed"]) == (False, True, first["followed"])
    assert "being removed" in waits["waiting"]
    del the_job(fake)["metadata"]["deletionTimestamp"]
    with pytest.raises(SeedError, match="stopped"):
        run(fake, params(followed=first["followed"]), check_mode=False)


def test_a_run_whose_job_was_replaced_seeds_itself_where_the_other_failed() -> None:
    fake = cluster()
    first = run(fake, params(), check_mode=False)
    run(fake, BOTH, check_mode=False)
    pod(fake, "Failed", end="Failed")
    again = run(fake, params(followed={"models": SUPERSEDED}), check_mode=False)
    assert (again["changed"], again["seeding"]) == (True, True)
    assert again["followed"]["models"] not in {SUPERSEDED, first["followed"]["models"]}


def test_a_run_that_lists_other_models_waits_and_says_for_what() -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    before = names(fake)
    pod(fake, "Running", {"event": "progress", "bytes": 5})
    fake.writes.clear()
    for mode in (False, True):
        waits = run(fake, ONLY_B, check_mode=mode)
        told = waits["warned"][0] if mode else waits["waiting"]
        assert "brings org/tiny, which this run does not list" in told
        assert f"kubectl delete job -n ai {before[0]} ends it now" in told
    assert (names(fake), fake.writes) == (before, [])
    left = run(fake, params(**{**ONLY_B, "wait": False}), check_mode=False)
    assert left["warned"] == [f"No Job was started: {left['waiting']}."]

    pod(fake, "Succeeded", DONE, end="Complete")
    assert run(fake, ONLY_B, check_mode=False)["changed"]
    assert len(names(fake)) == 2, "the first Job stays for the run that has to record it"


@pytest.mark.parametrize(("age", "waits"), [("2999-01-01T00:00:00Z", True), ("2020-01-01T00:00:00Z", False)])
def test_a_job_that_never_finds_a_node_holds_nobody_up_for_long(age: str, waits: bool) -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    the_job(fake)["metadata"]["creationTimestamp"] = age
    pod(fake, "Pending")
    unscheduled = {"type": "PodScheduled", "status": "False", "message": "0/9 nodes"}
    fake.objects["Pod", "ai", "pod"]["status"]["conditions"] = [unscheduled]
    assert bool(run(fake, ONLY_B, check_mode=False)["waiting"]) is waits


def test_the_site_goes_with_the_job_that_takes_the_place() -> None:
    fake = cluster()
    run(fake, params(site="town"), check_mode=False)
    pod(fake, "Running")
    assert run(fake, params(**{**BOTH, "site": "town"}), check_mode=False)["changed"]
    assert fake.objects["Lease", "ai", "swift-k8s-site-town"]["spec"]["holderIdentity"] == f"ai/{names(fake)[0]}"


def test_a_job_that_a_person_took_away_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = cluster()
    followed = run(fake, params(), check_mode=False)["followed"]
    fake.delete("batch/v1", "Job", names(fake)[0], "ai")
    monkeypatch.setattr(step, "_SUCCESSOR_SECONDS", 0.0)
    with pytest.raises(SeedError, match="somebody removed the Job that this run followed"):
        run(fake, params(followed=followed), check_mode=False)


@pytest.mark.parametrize(("phase", "stays"), [("Pending", False), ("Running", True)])
def test_a_run_whose_models_another_job_brought_takes_its_own_away_if_it_never_started(phase: str, stays: bool) -> None:
    fake = cluster()
    slow = run(fake, params(site="town"), check_mode=False)
    (own,) = names(fake)
    pod(fake, phase)
    record = ("ConfigMap", "ai", "swift-k8s-seeded-models")
    rival = cluster()
    run(rival, params(), check_mode=False)
    pod(rival, "Succeeded", DONE, end="Complete")
    run(rival, params(), check_mode=False)
    fake.objects[record] = rival.objects[record]

    last = run(fake, params(site="town", followed=slow["followed"]), check_mode=False)
    assert (last["seeding"], last["models"][0]["resolved"], last["followed"]) == (False, "c1", {})
    assert (names(fake), ("ConfigMap", "ai", own) in fake.objects) == ([own] if stays else [], stays)
    assert (("Lease", "ai", "swift-k8s-site-town") in fake.objects) is stays


def test_between_its_job_and_the_one_that_takes_the_place_a_run_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = cluster()
    followed = run(fake, params(), check_mode=False)["followed"]
    fake.delete("batch/v1", "Job", names(fake)[0], "ai")
    monkeypatch.setattr(step.time, "sleep", lambda _seconds: run(fake, BOTH, check_mode=False))
    waits = run(fake, params(followed=followed), check_mode=False)
    assert (waits["seeding"], waits["followed"]) == (True, {"models": SUPERSEDED})
