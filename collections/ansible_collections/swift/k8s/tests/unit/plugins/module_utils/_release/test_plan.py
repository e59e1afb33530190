# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Decisions from tables: records in, one action with its reasons out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import plan, store
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RefusedError, StoreError, StuckError
from ansible_collections.swift.k8s.plugins.module_utils._release.options import Wanted, merged, wanted
from ansible_collections.swift.k8s.plugins.module_utils._release.plan import Activity
from ansible_collections.swift.k8s.plugins.module_utils._release.store import Stored
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster, record

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=timezone.utc)
DIGEST = "a" * 64
OURS = f"swift.k8s sha256:{DIGEST}"


def stored(revision: int, status: str = "deployed", description: str = OURS, ready: int | None = None) -> Stored:
    labels = {store.READY_LABEL: str(ready)} if ready else {}
    secret = {"managedFields": [{"manager": "helm", "time": "2026-01-01T11:50:00Z"}]}
    return Stored("app", "team", revision, status, description, labels=labels, secret=secret)


def want(**parts: Any) -> Wanted:
    return Wanted("app", "team", **parts)


TABLE = [
    # wanted, revisions, digest wanted, action, settled, repair, revision
    (want(), [], DIGEST, "install", False, "", None),
    (want(), [stored(3, "uninstalled")], DIGEST, "install", False, "", None),
    (want(), [stored(1)], DIGEST, "none", True, "", None),
    (want(), [stored(1)], "b" * 64, "upgrade", False, "", None),
    (want(), [stored(1, description="Install complete")], DIGEST, "upgrade", False, "", None),
    (want(), [stored(2, "failed", "no quota"), stored(1)], DIGEST, "upgrade", False, "", None),
    (want(repair_stuck=True), [stored(2, "pending-upgrade"), stored(1)], DIGEST, "upgrade", False, "abandon", None),
    (
        want(repair_stuck=True, stuck_after=60),
        [stored(1, "pending-install")],
        DIGEST,
        "upgrade",
        False,
        "abandon",
        None,
    ),
    (want(repair_stuck=True), [stored(1, "uninstalling")], DIGEST, "install", False, "finish", None),
    (want(state="absent"), [], "", "none", False, "", None),
    (want(state="absent"), [stored(1, "uninstalled")], "", "none", False, "", None),
    (want(state="absent"), [stored(1)], "", "uninstall", False, "", None),
    (want(state="rolled_back"), [stored(2, ready=2), stored(1, "superseded", ready=1)], "", "rollback", False, "", 1),
    (want(state="rolled_back"), [stored(3, description="Rollback to 1"), stored(2)], "", "none", False, "", None),
    (
        want(state="rolled_back", repair_stuck=True),
        [stored(3, "pending-rollback", "Rollback to 1"), stored(2, ready=2), stored(1, "superseded", ready=1)],
        *("", "rollback", False, "abandon", 1),
    ),
    (
        want(state="rolled_back", repair_stuck=True),
        [stored(2, "uninstalling"), stored(1, "superseded", ready=1)],
        "",
        "rollback",
        False,
        "abandon",
        1,
    ),
    (want(state="rolled_back", revision=1), [stored(3, description="Rollback to 1")], "", "none", False, "", None),
    (want(state="rolled_back", revision=3), [stored(3), stored(2)], "", "none", False, "", None),
    (want(state="rolled_back", revision=2), [stored(3), stored(2, "failed")], "", "rollback", False, "", 2),
]


@pytest.mark.parametrize(("wish", "revisions", "digest", "action", "settled", "repair", "revision"), TABLE)
def test_decide(
    wish: Wanted, revisions: list[Stored], digest: str, action: str, settled: bool, repair: str, revision: int | None
) -> None:
    later = Activity(NOW.replace(hour=13))
    recorded = revisions[0].digest if revisions else ""
    decision = plan.decide(wish, revisions, recorded, digest, later)
    assert (decision.action, decision.settled) == (action, settled)
    assert (decision.repair, decision.revision) == (repair, revision)


MOVING = [
    ({"repair_stuck": True}, Activity(NOW, processes=(42,)), "process 42"),
    ({"repair_stuck": True}, Activity(NOW), "last sign of life is 600 s old.*run again in 300 s"),
    ({"repair_stuck": True, "stuck_after": 100}, Activity(NOW, "2026-01-01T11:59:00Z"), "is 60 s old"),
    ({"stuck_after": 100}, Activity(NOW), "nothing has moved for 600 s: run again with repair_stuck"),
]


@pytest.mark.parametrize(("options", "activity", "message"), MOVING)
@pytest.mark.parametrize("status", [*store.PENDING, "uninstalling"])
def test_a_release_that_moves_is_left_alone(options: Any, activity: Activity, message: str, status: str) -> None:
    with pytest.raises(StuckError, match=message) as caught:
        plan.decide(want(**options), [stored(2, status)], DIGEST, DIGEST, activity)
    assert f"is {status} (revision 2) since 2026-01-01T11:50:00Z, held by helm" in str(caught.value)


def test_nothing_to_roll_back() -> None:
    with pytest.raises(RefusedError, match="does not exist"):
        plan.decide(want(state="rolled_back"), [], "", "", Activity(NOW))


GOOD = [
    ([stored(3, ready=2), stored(2, "superseded"), stored(1, "superseded")], 2, 2),
    ([stored(3), stored(2, "superseded"), stored(1, "superseded", ready=1)], 1, 1),
    ([stored(3), stored(2, "failed"), stored(1, "superseded", "Install complete")], 1, 1),
    ([stored(2), stored(1, "superseded")], 1, None),
    ([stored(2), stored(1, "failed")], None, None),
    ([stored(1)], None, None),
]


@pytest.mark.parametrize(("revisions", "asked", "automatic"), GOOD)
def test_last_good(revisions: list[Stored], asked: int | None, automatic: int | None) -> None:
    assert plan.last_good(revisions) == asked
    assert plan.last_good(revisions, unseen=False) == automatic


def test_reasons_name_keys_and_no_values() -> None:
    one = replace(stored(1), chart="small", version="1", values={"a": {"b": "secret", "c": 1}, "gone": 2})
    wish = want(values={"a": {"b": "other", "c": 1}, "d": 1, "strategy": {"x": 1}}, strategy_value="strategy")
    assert list(plan.upgrade_reasons(one, wish, "small", "2")) == [
        "chart small-1 becomes small-2",
        "values change: a.b, d, gone",
    ]
    many = want(values={str(number): number for number in range(9)})
    assert "and 4 more" in next(plan.upgrade_reasons(replace(one, values={}), many, "small", "1"))


OPTIONS = [
    ({}, "lacks name"),
    ({"name": "app"}, "lacks namespace; add it to the entry app"),
    ({"name": "a" * 54, "namespace": "t"}, "at most 53 characters"),
    ({"name": "No_Good", "namespace": "t"}, "choose another"),
    ({"name": "app", "namespace": "t"}, "lacks chart"),
    ({"name": "app", "releases": [{"name": "b"}]}, "stands beside releases"),
    ({"namespace": "t", "chart": "c", "releases": [{"name": "b"}, {"name": "b"}]}, "t/b is listed twice"),
    ({"name": "app", "namespace": "t", "chart": "c", "values_files": ["/none.yml"]}, "values file /none.yml"),
]


@pytest.mark.parametrize(("params", "message"), OPTIONS)
def test_wrong_options(params: dict[str, Any], message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        wanted(params)


def test_values_are_merged_in_order(tmp_path: Any) -> None:
    (tmp_path / "a.yml").write_text("a: {one: 1, two: 1, three: 1}\nb: [1]")
    (tmp_path / "empty.yml").write_text("")
    params = {
        "name": "app",
        "namespace": "t",
        "chart": "c",
        "values_files": [tmp_path / "a.yml", tmp_path / "empty.yml"],
    }
    one = wanted({**params, "values": {"a": {"two": 2, "three": 2}}, "secret_values": {"a": {"three": 3}, "b": [2]}})[0]
    assert one.values == {"a": {"one": 1, "two": 2, "three": 3}, "b": [2]}
    (tmp_path / "a.yml").write_text("[1]")
    with pytest.raises(RefusedError, match="not a mapping"):
        wanted(params)


def test_top_of_the_task_is_the_default_of_the_list() -> None:
    first, second = wanted(
        {"namespace": "t", "chart": "c", "releases": [{"name": "a"}, {"name": "b", "namespace": "u"}]}
    )
    assert (first.title, second.title, second.chart, second.drift) == ("t/a", "u/b", "c", "repair")


def test_merge_leaves_its_arguments_alone() -> None:
    base = {"a": {"b": 1}}
    assert merged(base, {"a": {"c": 2}}) == {"a": {"b": 1, "c": 2}}
    assert base == {"a": {"b": 1}}


DAMAGE = [{"release": "!!!"}, {"release": "aGFsbG8="}, {}, None]


@pytest.mark.parametrize("data", DAMAGE)
def test_damaged_record(data: Any) -> None:
    secret = {**record("app", "team", 1), "data": data}
    with pytest.raises(StoreError, match=r"team/sh\.helm\.release\.v1\.app\.v1 is damaged"):
        store.decode(secret)


def test_records_survive_rewriting() -> None:
    secret = record("app", "team", 1, "pending-upgrade", manifest="kind: X", values={"a": 1})
    failed = store.decode(store.with_status(secret, "failed", "abandoned"))
    assert (failed.status, failed.description, failed.labels["status"]) == ("failed", "abandoned", "failed")
    assert (failed.manifest, failed.values) == ("kind: X", {"a": 1})
    assert store.decode(store.without(secret, "kind: Y")).manifest == "kind: Y"


def test_everywhere_takes_the_newest() -> None:
    cluster: Any = FakeCluster()
    for number, status in ((1, "superseded"), (2, "deployed"), (3, "failed")):
        cluster.put(record("app", "team", number, status))
    cluster.put(record("other", "team", 1))
    assert [(one.name, one.revision) for one in store.everywhere(cluster)] == [("app", 3), ("other", 1)]


def test_who_holds_a_record_nobody_signed() -> None:
    assert Stored("a", "b", 1, "deployed").held_by == "unknown"
