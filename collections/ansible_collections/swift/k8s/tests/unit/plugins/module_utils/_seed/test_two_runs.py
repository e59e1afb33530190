"""Two runs for one volume: they share a Job, or one takes it from the other and says so."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Conflict
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import SeedError
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


def test_other_models_while_a_job_runs_replace_it() -> None:
    fake = cluster()
    run(fake, params(), check_mode=False)
    before = the_job(fake)["metadata"]["name"]
    pod(fake, "Running")
    run(fake, params(models=[model(), model(id="org/b")]), check_mode=False)
    assert the_job(fake)["metadata"]["name"] != before


def test_a_job_that_another_run_took_away_is_not_fought_for() -> None:
    fake = cluster()
    uid = run(fake, params(), check_mode=False)["followed"]["models"]
    run(fake, params(models=[model(id="org/b")]), check_mode=False)
    with pytest.raises(SeedError, match="somebody removed the Job that this run followed"):
        run(fake, params(followed={"models": uid}), check_mode=False)
