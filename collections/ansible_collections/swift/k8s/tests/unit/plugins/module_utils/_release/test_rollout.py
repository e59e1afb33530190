# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Readiness, hopeless pods, room for another pod, and rollouts that fit: tables."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import capacity, rollout, strategy, wait
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RolloutError
from ansible_collections.swift.k8s.plugins.module_utils._release.objects import Key
from ansible_collections.swift.k8s.plugins.module_utils._release.patience import Patience
from ansible_collections.swift.k8s.plugins.module_utils._release.rollout import Trouble
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster

DONE = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
SET = {"observedGeneration": 2, "readyReplicas": 2, "updateRevision": "b", "currentRevision": "b"}
DAEMON = {"observedGeneration": 2, "desiredNumberScheduled": 2, "numberAvailable": 2, "updatedNumberScheduled": 2}
TWO = {"replicas": 2}
BY_HAND = {**TWO, "updateStrategy": {"type": "OnDelete"}}

PROGRESS = [
    ("Deployment", TWO, DONE, True, 2),
    ("Deployment", TWO, {**DONE, "observedGeneration": 1}, False, 2),
    ("Deployment", TWO, {**DONE, "availableReplicas": 1}, False, 1),
    ("Deployment", TWO, {**DONE, "replicas": 3}, False, 2),
    ("Deployment", {"replicas": 0}, {"observedGeneration": 2}, True, 0),
    ("StatefulSet", TWO, SET, True, 2),
    ("StatefulSet", TWO, {**SET, "currentRevision": "a", "updatedReplicas": 1}, False, 2),
    ("StatefulSet", BY_HAND, {**SET, "currentRevision": "a"}, True, 2),
    ("DaemonSet", {}, DAEMON, True, 2),
    ("DaemonSet", {}, {**DAEMON, "updatedNumberScheduled": 1}, False, 1),
    ("DaemonSet", BY_HAND, {**DAEMON, "updatedNumberScheduled": 1}, True, 2),
    ("Job", {}, {"ready": 1}, True, 0),
    ("Job", {}, {}, False, 0),
    ("Job", {"suspend": True}, {}, True, 0),
    ("Job", {"completions": 2}, {"succeeded": 2}, True, 2),
]


def workload(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": status}


@pytest.mark.parametrize(("kind", "spec", "status", "settled", "ready"), PROGRESS)
def test_progress(kind: str, spec: dict[str, Any], status: dict[str, Any], settled: bool, ready: int) -> None:
    found = rollout.progress(workload(kind, spec, status), wait_for_jobs=False)
    assert (found.settled, found.ready) == (settled, ready)


def test_failures_that_controllers_report() -> None:
    late = {"conditions": [{"reason": "ProgressDeadlineExceeded", "message": "10 minutes"}], "observedGeneration": 2}
    assert rollout.progress(workload("Deployment", {}, late), False).failure == "ProgressDeadlineExceeded (10 minutes)"
    failed = {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "m"}]}
    assert rollout.progress(workload("Job", {}, failed), True).failure == "BackoffLimitExceeded (m)"
    assert not rollout.progress(workload("Job", {}, {"ready": 1}), wait_for_jobs=True).settled


def pod(waiting: str = "", restarts: int = 0, ended: str = "", **status: Any) -> dict[str, Any]:
    state = {"waiting": {"reason": waiting, "message": "why"}} if waiting else {}
    last = {"terminated": {"reason": ended, "exitCode": 137}} if ended else {}
    container = {"name": "server", "restartCount": restarts, "state": state, "lastState": last}
    metadata = {"name": "app-1", "namespace": "team", "labels": {"app": "app"}}
    return {"kind": "Pod", "metadata": metadata, "status": {"containerStatuses": [container], **status}}


UNSCHEDULABLE: dict[str, Any] = {
    "conditions": [{"type": "PodScheduled", "reason": "Unschedulable", "message": "0/2 nodes"}]
}
TROUBLES = [
    (pod(), ""),
    (pod("ContainerCreating"), ""),
    (pod("CrashLoopBackOff", restarts=1, ended="Error"), ""),
    (
        pod("CrashLoopBackOff", restarts=3, ended="Error"),
        "container server: CrashLoopBackOff (exit code 137, 3 restarts)",
    ),
    (pod("CrashLoopBackOff", restarts=2, ended="OOMKilled"), "container server: OOMKilled"),
    (pod(restarts=1, ended="OOMKilled"), "container server: OOMKilled (1 restarts; raise the memory limit)"),
    (pod("ImagePullBackOff"), "pod app-1: ImagePullBackOff (why)"),
    (pod("CreateContainerConfigError"), "CreateContainerConfigError (why)"),
    (pod(**UNSCHEDULABLE), "pod app-1: Unschedulable (0/2 nodes)"),
]


@pytest.mark.parametrize(("item", "text"), TROUBLES)
def test_troubles(item: dict[str, Any], text: str) -> None:
    found = rollout.troubles([item])
    assert text in (str(found[0]) if found else "")
    item["metadata"]["deletionTimestamp"] = "now"
    assert rollout.troubles([item]) == []


def test_a_trouble_has_to_last() -> None:
    key, patient = Key("apps/v1", "Deployment", "team", "app"), Patience()
    trouble = [(key, Trouble("app-1", "Unschedulable", ""))]
    assert patient.final(trouble, 0) == []
    assert patient.final(trouble, 59) == []
    assert patient.final([], 60) == []
    assert patient.final(trouble, 61) == []
    assert patient.final(trouble, 121) == trouble


def test_a_pod_that_failed_before_gets_its_next_start() -> None:
    key, patient = Key("apps/v1", "Deployment", "team", "app"), Patience()
    old, new = ([(key, Trouble("app-1", "CrashLoopBackOff", "", "server", count))] for count in (7, 8))
    assert patient.final(old, 0) == []
    assert patient.final(old, 300) == []
    assert patient.final(new, 301) == new
    other = [(key, Trouble("app-2", "CrashLoopBackOff", "", "server", 3))]
    assert patient.final(other, 302) == other


KINDS = [
    ("Deployment", {"annotations": {"deployment.kubernetes.io/revision": "2"}}, {}, "pod-template-hash"),
    ("StatefulSet", {}, {"updateRevision": "new"}, "controller-revision-hash"),
    ("DaemonSet", {"annotations": {"deprecated.daemonset.template.generation": "new"}}, {}, "pod-template-generation"),
]


@pytest.mark.parametrize(("kind", "metadata", "status", "label"), KINDS)
def test_only_pods_of_the_newest_template_count(kind: str, metadata: Any, status: Any, label: str) -> None:
    cluster: Any = FakeCluster()
    selector = {"matchLabels": {"app": "app"}}
    item = {"kind": kind, "metadata": {"name": "app", "namespace": "team", **metadata}, "spec": {"selector": selector}}
    cluster.put(item)
    cluster.objects[(kind, "team", "app")]["status"] = status
    owned = {"name": "rs", "namespace": "team", "annotations": {"deployment.kubernetes.io/revision": "2"}}
    cluster.put({"kind": "ReplicaSet", "metadata": {**owned, "labels": {"app": "app", "pod-template-hash": "new"}}})
    for name, template in (("old-1", "old"), ("new-1", "new")):
        one = pod("InvalidImageName")
        one["metadata"] = {"name": name, "namespace": "team", "labels": {"app": "app", label: template}}
        cluster.broken.append(one)
    waiter = wait.Waiter(cluster, print)
    with pytest.raises(RolloutError, match="pod new-1: InvalidImageName"):
        waiter.wait("team/app", {Key("apps/v1", kind, "team", "app"): {}}, 60)


def test_time_over_tells_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster: Any = FakeCluster()
    cluster.broken = [{**pod(), "metadata": {"name": "x", "namespace": "team"}}]
    cluster.put({"kind": "Deployment", "metadata": {"name": "app", "namespace": "team"}, "spec": {}})
    said: list[str] = []
    waiter = wait.Waiter(cluster, said.append, interval=0.0)
    with pytest.raises(RolloutError, match=r"not ready after 0 s: Deployment app ready 0/1: the pods start"):
        waiter.wait("team/app", {Key("apps/v1", "Deployment", "team", "app"): {}}, -0.1)
    assert said == ["team/app: 0 s: Deployment app ready 0/1"]


def test_a_workload_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster: Any = FakeCluster()
    waiter = wait.Waiter(cluster, print)
    with pytest.raises(RolloutError, match="Deployment team/app: it is gone"):
        waiter.wait("team/app", {Key("apps/v1", "Deployment", "team", "app"): {}}, 60)
    waiter.wait("team/app", {Key("batch/v1", "Job", "team", "job"): {}}, 60)


def test_deletion_that_hangs() -> None:
    cluster: Any = FakeCluster()
    cluster.put({"kind": "Job", "metadata": {"name": "j", "namespace": "team"}, "spec": {}})
    with pytest.raises(RolloutError, match="Job team/j is not gone after 0 s; look at its finalizers"):
        wait.Waiter(cluster, print, interval=0.0).gone([Key("batch/v1", "Job", "team", "j")], timeout=0)


def device_pod(amount: int, node: str = "", **spec: Any) -> dict[str, Any]:
    limits = {"nvidia.com/gpu": amount, "memory": "1Gi", "hugepages-2Mi": "4Mi"}
    return {"nodeName": node, "containers": [{"resources": {"limits": limits}}, {}], **spec}


def node(name: str, devices: int, labels: Any = None, **spec: Any) -> dict[str, Any]:
    allocatable = {"nvidia.com/gpu": str(devices), "cpu": "64"}
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec, "status": {"allocatable": allocatable}}


TAINT = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
ROOM = [
    ({}, [node("a", 8)], 3),
    ({}, [node("a", 8), node("b", 4)], 5),
    ({}, [node("a", 8, unschedulable=True)], 0),
    ({}, [node("a", 8, taints=[TAINT])], 0),
    ({}, [node("a", 8, taints=[{**TAINT, "effect": "PreferNoSchedule"}])], 3),
    ({"tolerations": [{"operator": "Exists"}]}, [node("a", 8, taints=[TAINT])], 3),
    ({"tolerations": [{"key": "gpu", "value": "yes"}]}, [node("a", 8, taints=[TAINT])], 3),
    ({"tolerations": [{"key": "gpu", "value": "no"}]}, [node("a", 8, taints=[TAINT])], 0),
    ({"tolerations": [{"key": "gpu", "value": "yes", "effect": "NoExecute"}]}, [node("a", 8, taints=[TAINT])], 0),
    ({"nodeSelector": {"kind": "h100"}}, [node("a", 8), node("b", 4, {"kind": "h100"})], 2),
]


@pytest.mark.parametrize(("spec", "nodes", "expected"), ROOM)
def test_room(spec: dict[str, Any], nodes: list[dict[str, Any]], expected: int) -> None:
    running = [{"spec": device_pod(1, "a")}, {"spec": device_pod(1, "a")}, {"spec": device_pod(2)}]
    assert capacity.room(device_pod(2, **spec), nodes, running) == expected


def deployment(replicas: int, devices: int = 2, **spec: Any) -> dict[str, Any]:
    template = {"spec": device_pod(devices)}
    return {"metadata": {"name": "app"}, "spec": {"replicas": replicas, "template": template, **spec}}


CHOICES = [
    (1, 1, "RollingUpdate", 1, 0, "1 more pod with 2 nvidia.com/gpu each would fit, so 1 at a time comes up"),
    (8, 5, "RollingUpdate", 2, 0, "so 2 at a time comes up"),
    (8, 0, "RollingUpdate", 0, 2, "so 2 of 8 replicas at a time is replaced in place"),
    (2, 0, "RollingUpdate", 0, 1, "so 1 of 2 replicas"),
    (1, 0, "Recreate", None, None, "down from the old pod's end until the new is ready"),
]


@pytest.mark.parametrize(("replicas", "spare", "kind", "surge", "unavailable", "sentence"), CHOICES)
def test_strategy(replicas: int, spare: int, kind: str, surge: Any, unavailable: Any, sentence: str) -> None:
    choice = strategy.choose(deployment(replicas), spare)
    rolling = choice.value.get("rollingUpdate") or {}
    assert choice.value["type"] == kind
    assert (rolling.get("maxSurge"), rolling.get("maxUnavailable")) == (surge, unavailable)
    assert sentence in choice.sentence


@pytest.mark.parametrize(
    ("spec", "spare", "stuck"),
    [
        ({}, 0, True),
        ({}, 1, False),
        ({"strategy": {"type": "Recreate"}}, 0, False),
        ({"strategy": {"rollingUpdate": {"maxUnavailable": "50%"}}}, 0, False),
        ({"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}, 0, True),
    ],
)
def test_strategies_that_wait_for_ever_are_named(spec: dict[str, Any], spare: int, stuck: bool) -> None:
    assert bool(strategy.deadlock(deployment(2, **spec), spare)) is stuck


def test_pods_without_devices_roll_as_the_chart_says() -> None:
    assert not strategy.rolls(deployment(1, devices=0), {})
    assert not strategy.rolls(deployment(1), None)
    assert strategy.rolls(deployment(1), {})
