"""The CronJob that verifies: made once, changed with the wish, gone with the schedule."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed import record, verification
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import SeedError
from ansible_collections.swift.k8s.plugins.module_utils._seed.labels import VOLUME_LABEL
from ansible_collections.swift.k8s.plugins.module_utils._seed.nodes import at_node
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from ansible_collections.swift.k8s.plugins.module_utils._seed.wish import parse
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._storage.fake_cluster import FakeCluster

from .test_run import DONE, RESULT, cluster, pod
from .wishes import model, params

NAME = "swift-k8s-verify-models"
WEEKLY = params(verify_schedule="0 3 * * 6")


def kinds(fake: Any) -> set[str]:
    return {kind for (kind, _namespace, name) in fake.objects if name == NAME}


@pytest.fixture
def seeded() -> Any:
    fake = cluster()
    run(fake, WEEKLY, check_mode=False)
    assert kinds(fake) == set(), "the volume is still being seeded"
    pod(fake, "Succeeded", DONE, end="Complete")
    assert run(fake, WEEKLY, check_mode=False)["changed"]
    fake.writes.clear()
    return fake


def test_it_is_made_once_and_told(seeded: Any) -> None:
    assert kinds(seeded) == {"CronJob", "ConfigMap"}
    seeded.objects["CronJob", "ai", NAME]["status"] = {"lastScheduleTime": "a", "lastSuccessfulTime": "b"}
    again = run(seeded, WEEKLY, check_mode=False)
    assert (again["changed"], seeded.writes) == (False, [])
    told = {"schedule": "0 3 * * 6", "last_run": "a", "last_success": "b", "damaged": [], "warning": ""}
    assert (again["verification"], again["warned"]) == ({"models": told}, [])


FLIPPED = {"event": "verified", "model": "org/tiny", "complete": False, "findings": [{"path": "a.bin"}]}
ENDED = {"event": "verified", "model": "org/tiny", "complete": True, "findings": []}
FAILED = {"event": "error", "message": "no hub answered", "next_step": "Run again"}
REPAIRED = "found 1 damaged or missing files (org/tiny a.bin) and fetched them anew"
NOT_REPAIRED = "failed after it found 1 damaged or missing files (org/tiny a.bin): no hub answered"


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("end", "events", "words"),
    [
        ("Complete", [FLIPPED], REPAIRED),
        ("Complete", [{**FLIPPED, "findings": []}], "missing files (org/tiny (unfinished))"),
        ("Failed", [FLIPPED, FAILED], NOT_REPAIRED),
        ("Complete", [ENDED], ""),
        ("", [FLIPPED], ""),
    ],
)
def test_later_runs_warn_of_what_it_found(
    seeded: Any, end: str, events: list[dict[str, Any]], words: str, check_mode: bool
) -> None:
    template = seeded.objects["CronJob", "ai", NAME]["spec"]["jobTemplate"]
    status = {"conditions": [{"type": end, "status": "True"}]} if end else {}
    meta = {"name": "night", "namespace": "ai", "creationTimestamp": "2026-11-21T03:00:00Z", **template["metadata"]}
    seeded.objects["Job", "ai", "night"] = {"kind": "Job", "metadata": meta, "status": status}
    its = {"name": "night-1", "namespace": "ai", "labels": {"batch.kubernetes.io/job-name": "night"}}
    seeded.objects["Pod", "ai", "night-1"] = {"kind": "Pod", "metadata": its, "spec": {}, "status": {}}
    seeded.pod_logs["night-1"] = "\n".join(["no event", *map(json.dumps, events)])
    warned = run(seeded, WEEKLY, check_mode=check_mode)["warned"]
    assert len(warned) == bool(words)
    assert all(words in sentence for sentence in warned)
    assert seeded.writes == []


@pytest.mark.parametrize(
    "change",
    [
        {"verify_schedule": "@daily"},
        {"verify_timezone": "Asia/Shanghai"},
        {"rate_limit": "1MiB/s"},
        {"image": "other"},
        {"verify_schedule": ""},
    ],
)
def test_a_change_is_foretold_and_made(seeded: Any, change: dict[str, Any]) -> None:
    wish = {**WEEKLY, **change}
    assert run(seeded, wish, check_mode=True)["changed"]
    assert seeded.writes == []
    assert run(seeded, wish, check_mode=False)["changed"]
    assert not run(seeded, wish, check_mode=False)["changed"]
    assert ("CronJob" in kinds(seeded)) == bool(wish["verify_schedule"])


def test_it_verifies_every_byte_and_is_no_seeding_job() -> None:
    cron_job, files = verification.build(parse(params(models=[model(token_secret="t")])), "@daily", {})
    assert json.loads(files["data"]["spec.json"])["verify"] == "full"
    template = cron_job["spec"]["jobTemplate"]
    pod_template = template["spec"]["template"]
    assert VOLUME_LABEL not in {**template["metadata"]["labels"], **pod_template["metadata"]["labels"]}
    engine = next(volume for volume in pod_template["spec"]["volumes"] if volume["name"] == "engine")
    assert engine["configMap"]["name"] == files["metadata"]["name"] == NAME


@pytest.mark.parametrize("schedule", ["weekly", "0 3 * *", "@sometimes"])
def test_a_wrong_schedule_is_refused_before_anything_is_made(schedule: str) -> None:
    fake = cluster()
    with pytest.raises(SeedError, match=r"verify_schedule '.*' is not a schedule. Write five fields"):
        run(fake, params(verify_schedule=schedule), check_mode=False)
    assert fake.writes == []


def test_a_wrong_time_zone_is_refused_before_anything_is_made() -> None:
    fake = cluster()
    with pytest.raises(SeedError, match="'Shanghai' is no time zone"):
        run(fake, {**WEEKLY, "verify_timezone": "Shanghai"}, check_mode=False)
    assert fake.writes == []


def test_the_time_zone_is_that_of_the_cron_job() -> None:
    wish = parse(params())
    assert verification.build(wish, "@daily", {}, "Asia/Shanghai")[0]["spec"]["timeZone"] == "Asia/Shanghai"
    assert "timeZone" not in verification.build(wish, "@daily", {})[0]["spec"]


def on_nodes(*names: str, away: tuple[str, ...] = ()) -> FakeCluster:
    """Nodes of which those that are away are cordoned, and their directories as seeded as a record can say."""
    fake = cluster()
    for name in (*names, *away):
        meta = {"name": name, "labels": {"kubernetes.io/hostname": name, "pool": "gpu"}}
        status = {"conditions": [{"type": "Ready", "status": "True"}]}
        node = {"kind": "Node", "metadata": meta, "spec": {"unschedulable": name in away}, "status": status}
        fake.objects["Node", "", name] = node
        body = record.build(at_node(parse(params()), name), "u1", {}, [RESULT])
        fake.objects["ConfigMap", "ai", body["metadata"]["name"]] = body
    return fake


def cron_jobs(fake: FakeCluster) -> list[str]:
    return sorted(name for (kind, _namespace, name) in fake.objects if kind == "CronJob")


SELECTED = {**WEEKLY, "nodes_selector": "pool=gpu"}


def test_those_of_nodes_that_are_not_selected_any_more_go() -> None:
    fake = on_nodes("a", "b", "c")
    assert run(fake, SELECTED, check_mode=False)["unscheduled"] == []
    fake.objects["CronJob", "ai", "other"] = {**fake.objects["CronJob", "ai", f"{NAME}-a"]}
    fake.objects["CronJob", "ai", "other"]["metadata"] = {"name": "other", "namespace": "ai", "labels": {"x": "y"}}
    del fake.objects["Node", "", "b"]
    fake.objects["Node", "", "c"]["spec"]["unschedulable"] = True
    fake.writes.clear()

    foretold = run(fake, SELECTED, check_mode=True)
    assert (foretold["changed"], foretold["unscheduled"], fake.writes) == (True, [f"{NAME}-b"], [])
    done = run(fake, SELECTED, check_mode=False)
    assert (done["changed"], done["unscheduled"]) == (True, [f"{NAME}-b"])
    assert cron_jobs(fake) == ["other", f"{NAME}-a", f"{NAME}-c"], "a cordoned node comes back; a stranger's is his"
    again = run(fake, SELECTED, check_mode=False)
    assert (again["changed"], again["unscheduled"]) == (False, [])


def test_where_no_node_is_found_check_mode_says_nothing_of_them() -> None:
    fake = on_nodes("a")
    run(fake, SELECTED, check_mode=False)
    told = run(fake, {**WEEKLY, "nodes_selector": "pool=none"}, check_mode=True)
    assert (told["unscheduled"], told["verification"]) == ([], {})
    assert "selects no node" in told["waiting"]


def test_without_a_schedule_none_stays_on_any_node() -> None:
    fake = on_nodes("a", "b")
    run(fake, SELECTED, check_mode=False)
    assert run(fake, {**SELECTED, "verify_schedule": ""}, check_mode=False)["unscheduled"] == [f"{NAME}-a", f"{NAME}-b"]
    assert cron_jobs(fake) == []
