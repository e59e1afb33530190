"""A Lease that several clusters share: one seeds, the others wait until it is ready or its term is over."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed import lease, link
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from ansible_collections.swift.k8s.plugins.module_utils._seed.wish import parse
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._storage.fake_cluster import FakeCluster

from .test_run import DONE, cluster, pod
from .wishes import params

BEGIN = dt.datetime(2026, 11, 21, 3, tzinfo=dt.timezone.utc)
SHARED = params(site="town", site_kubeconfig="/hub", site_namespace="shared")
LEASE = ("Lease", "shared", "swift-k8s-site-town")


class Clock(FakeCluster):
    """The cluster of the Lease, and its clock."""

    time = BEGIN

    def now(self) -> dt.datetime:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += dt.timedelta(seconds=seconds)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    link._connected.cache_clear()
    monkeypatch.setattr(link, "connect", lambda auth: found if auth == {"kubeconfig": "/hub"} else None)
    return found


def seeded(uid: str) -> FakeCluster:
    fake = cluster()
    fake.uid = lambda: uid  # type: ignore[attr-defined]
    return fake


def test_clusters_wait_for_each_other(hub: Clock) -> None:
    one, two = seeded("1"), seeded("2")
    first = run(one, SHARED, check_mode=False)
    assert (first["seeding"], first["waiting"]) == (True, "")
    waiting = run(two, SHARED, check_mode=False)
    assert (waiting["changed"], waiting["seeding"]) == (False, True)
    assert waiting["waiting"].endswith("of the cluster with uid 1")
    assert not [kind for kind, _namespace, _name in two.objects if kind == "Job"]

    pod(one, "Succeeded", DONE, end="Complete")
    run(one, {**SHARED, "followed": first["followed"]}, check_mode=False)
    assert LEASE not in hub.objects
    assert run(two, SHARED, check_mode=False)["changed"]
    assert hub.objects[LEASE]["metadata"]["annotations"] == {lease.CLUSTER: "2"}


def test_a_job_that_is_followed_keeps_it_for_as_long_as_it_needs(hub: Clock) -> None:
    one, two = seeded("1"), seeded("2")
    followed = run(one, SHARED, check_mode=False)["followed"]
    pod(one, "Running", {"event": "progress", "bytes": 1, "eta_seconds": 4000})
    hub.writes.clear()
    run(one, {**SHARED, "followed": followed}, check_mode=False)
    assert hub.writes == [], "it is young"
    hub.wait(lease.RENEW_SECONDS + 1)
    run(one, {**SHARED, "followed": followed}, check_mode=False)
    assert hub.objects[LEASE]["spec"]["leaseDurationSeconds"] == 4000 + lease.SPARE_SECONDS

    hub.wait(4000)
    assert run(two, SHARED, check_mode=False)["waiting"]
    hub.wait(lease.SPARE_SECONDS + 1)
    assert not run(two, SHARED, check_mode=False)["waiting"], "nobody followed the Job, and its term is over"
    hub.writes.clear()
    run(one, {**SHARED, "followed": followed}, check_mode=False)
    assert hub.writes == [], "what is another's by now is left alone"


def test_a_rerun_in_the_same_cluster_takes_over_from_its_dead_job_at_once(hub: Clock) -> None:
    one = seeded("1")
    run(one, SHARED, check_mode=False)
    held: dict[str, Any] = hub.objects[LEASE]
    held["spec"]["holderIdentity"] = "ai/gone"
    one.objects = {key: item for key, item in one.objects.items() if key[0] != "Job"}
    assert run(one, SHARED, check_mode=False)["changed"]


def test_only_a_context_is_one_of_the_kubeconfig_that_is_used_anyway() -> None:
    assert parse(params(kubeconfig="/own", site_context="hub")).site_auth == (
        ("kubeconfig", "/own"),
        ("context", "hub"),
    )
    assert parse(params(kubeconfig="/own")).site_auth == ()


@pytest.mark.parametrize(("seconds", "over"), [(0, False), (180, False), (181, True)])
def test_terms(seconds: int, over: bool) -> None:
    held = lease.build(parse(SHARED), lease.Holder("1", "ai", "j"), None, BEGIN)
    assert lease.over(held, BEGIN + dt.timedelta(seconds=seconds)) is over


def test_a_lease_without_a_term_has_no_end() -> None:
    held = lease.build(parse(SHARED), lease.Holder("", "ai", "j"), None)
    assert not lease.over(held, BEGIN + dt.timedelta(days=365))
