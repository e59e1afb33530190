# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What is told about pods that do not become ready: phases, events, claims, last lines."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Forbidden
from ansible_collections.swift.k8s.plugins.module_utils._release import evidence, patience, rollout, wait
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RolloutError
from ansible_collections.swift.k8s.plugins.module_utils._release.objects import Key
from ansible_collections.swift.k8s.plugins.module_utils._release.rollout import Trouble
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster

KEY = Key("apps/v1", "Deployment", "team", "app")
SET = Key("apps/v1", "StatefulSet", "team", "app")
NOWHERE = Trouble("app-1", "Unschedulable", "0/2 nodes are available")


def event(kind: str, name: str, reason: str, message: str, time: str = "2026-01-01T12:00:00Z", **more: Any) -> Any:
    about = {"kind": kind, "name": name}
    return {
        "involvedObject": about,
        "reason": reason,
        "message": message,
        "type": "Warning",
        "lastTimestamp": time,
        **more,
    }


def pod(node: str = "n", ready: bool = False, **status: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    spec = {"nodeName": node} if node else {}
    metadata = {"name": "app-1", "namespace": "team", "labels": {"app": "app"}}
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": {"conditions": [condition], **status}}


RUNS = [{"name": "main", "state": {"running": {"startedAt": "t"}}, "restartCount": 0}]
PHASES = [
    (pod(node=""), "waiting for a node"),
    (pod(), "pulling"),
    (pod(containerStatuses=[{"state": {"waiting": {"reason": "ContainerCreating"}}}]), "pulling"),
    (pod(initContainerStatuses=RUNS), "fetching"),
    (pod(containerStatuses=RUNS), "loading"),
    (pod(containerStatuses=RUNS, ready=True), "ready"),
]


@pytest.mark.parametrize(("item", "phase"), PHASES)
def test_phases(item: dict[str, Any], phase: str) -> None:
    assert rollout.phase(item) == phase


BLIND = [
    ({"kind": "ConfigMap"}, False),
    ({"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{}]}}}}, True),
    ({"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"readinessProbe": {"a": 1}}]}}}}, False),
    ({"kind": "Deployment", "spec": {"minReadySeconds": 5, "template": {"spec": {"containers": [{}]}}}}, False),
    ({"kind": "Job", "spec": {"template": {"spec": {"containers": [{}]}}}}, False),
]


@pytest.mark.parametrize(("item", "expected"), BLIND)
def test_workloads_that_nobody_asks(item: dict[str, Any], expected: bool) -> None:
    assert rollout.blind(item) is expected


def test_a_container_without_a_probe_is_looked_at_twice() -> None:
    """It was ready for a moment, and had ended at the second look."""

    class Flickering(FakeCluster):
        looks = 0

        def list(self, api_version: str, kind: str, *words: Any, **rest: Any) -> Any:
            found = super().list(api_version, kind, *words, **rest)
            if kind == "Deployment":
                self.looks += 1
                if self.looks > 1:
                    found[0]["status"]["availableReplicas"] = 0
            return found

    cluster: Any = Flickering()
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    spec = {"template": {"spec": {"containers": [{"name": "main"}]}}}
    item = {"kind": "Deployment", "metadata": {"name": "app", "namespace": "team", "labels": labels}, "spec": spec}
    cluster.put(item)
    with pytest.raises(RolloutError, match="ready 0/1"):
        wait.Waiter(cluster, print, interval=0.0).wait("team/app", {KEY: item}, -0.1)


def test_refusals_of_a_quota() -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    assert str(rollout.refused({"status": {"conditions": [condition]}})) == "its pods: FailedCreate (exceeded quota)"
    assert rollout.refused({"status": {"conditions": [{**condition, "status": "False"}]}}) is None


def test_pods_that_are_not_made() -> None:
    cluster: Any = FakeCluster()
    cluster.events = [event("StatefulSet", "app", "FailedCreate", "exceeded quota")]
    assert str(evidence.unmade(cluster, SET, "2026-01-01T11:59:00Z")) == "its pods: FailedCreate (exceeded quota)"
    assert evidence.unmade(cluster, SET, "2026-01-01T12:01:00Z") is None  # an earlier trouble


def test_time_over_tells_event_and_log() -> None:
    cluster: Any = FakeCluster()
    old = event("Pod", "app-1", "Pulled", "old", "2026-01-01T11:00:00Z")
    cluster.events = [event("Pod", "app-1", "FailedMount", "no such secret"), old]
    told = evidence.silent(cluster, KEY, [pod(containerStatuses=RUNS)])
    assert told.startswith("Deployment team/app: pod app-1 is loading: FailedMount (no such secret); its last lines:")
    assert evidence.silent(FakeCluster(), KEY, [pod(ready=True)]).startswith("the pods start")  # type: ignore[arg-type]


def test_claims_without_a_volume() -> None:
    cluster: Any = FakeCluster()
    cluster.put(
        {**pod(node=""), "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": n}} for n in ("a", "b")]}}
    )
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "a", "namespace": "team"}}
    cluster.put({**claim, "spec": {"volumeName": "v"}, "status": {"phase": "Pending"}})
    cluster.events = [event("PersistentVolumeClaim", "a", "FailedBinding", "already bound")]
    assert evidence.told(cluster, KEY, NOWHERE) == (
        "Deployment team/app: pod app-1: Unschedulable (0/2 nodes are available); "
        "claim a is Pending for volume v: FailedBinding (already bound); claim b does not exist"
    )


@pytest.mark.parametrize(("reason", "expected"), [("TriggeredScaleUp", True), ("Nominated", True), ("Other", False)])
def test_a_node_that_is_on_its_way(monkeypatch: pytest.MonkeyPatch, reason: str, expected: bool) -> None:
    """Where nodes are made on demand, a pod that fits nowhere is no reason to go back after a minute."""
    cluster: Any = FakeCluster()
    cluster.events = [event("Pod", "app-1", reason, "pod triggered scale-up", type="Normal")]
    assert evidence.awaits_a_node(cluster, KEY, NOWHERE) is expected
    assert not evidence.awaits_a_node(cluster, KEY, Trouble("app-1", "OOMKilled", ""))
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}
    cluster.broken = [pod(node="", conditions=[unscheduled])]
    spec = {"selector": {"matchLabels": {"app": "app"}}}
    cluster.put({"kind": "Deployment", "metadata": {"name": "app", "namespace": "team"}, "spec": spec})
    monkeypatch.setitem(patience.GRACE, "Unschedulable", -1.0)
    end = "is not ready after" if expected else "cannot become ready: .*Unschedulable"
    with pytest.raises(RolloutError, match=end):
        wait.Waiter(cluster, print, interval=0.0).wait("team/app", {KEY: {}}, -0.1)


def test_events_that_may_not_be_read() -> None:
    class Closed(FakeCluster):
        def list(self, *_words: Any, **_rest: Any) -> Any:
            raise Forbidden("no")

    closed: Any = Closed()
    assert evidence.unmade(closed, SET, "") is None
    assert not evidence.awaits_a_node(closed, KEY, NOWHERE)
