# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Pods that cannot become ready: the wait ends early and names the cause, with real kubelets."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import patience, rollout
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RolloutError

from tests.lab.trouble import PYTHON, Object, Raw, config, deployment, raw, stateful_set

__all__ = ["raw"]
pytestmark = pytest.mark.lab

GRACE = {
    "Unschedulable": 3.0,
    "ErrImagePull": 3.0,
    "ImagePullBackOff": 1.0,
    "FailedCreate": 2.0,
    "CreateContainerConfigError": 2.0,
}
NO_PODS = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "no-pods"},
    "spec": {"hard": {"pods": "0"}},
}
#: Without a probe a container counts as ready for the moment before it ends.
LATE = {"exec": {"command": ["true"]}, "initialDelaySeconds": 20}
OOM = {"resources": {"limits": {"memory": "32Mi"}}, "readinessProbe": LATE}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds instead of a minute until a trouble counts as final, and two starts instead of four."""
    for reason, seconds in GRACE.items():
        monkeypatch.setitem(patience.GRACE, reason, seconds)
    monkeypatch.setattr(rollout, "_RESTARTS", 1)


@pytest.fixture(autouse=True)
def cleared(raw: Raw) -> Any:
    yield
    raw.send(state="absent", name="raw")


def claimed(raw: Raw) -> list[Object]:
    """A volume that belongs to a claim elsewhere, and a pod whose claim wants it."""
    volume = f"taken-{raw.namespace}"
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": "/tmp/none"},
        "claimRef": {"namespace": "kube-public", "name": "elsewhere"},
    }
    raw.cluster.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume}, "spec": spec})
    wish = {"accessModes": ["ReadWriteOnce"], "volumeName": volume, "storageClassName": ""}
    wish["resources"] = {"requests": {"storage": "1Gi"}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "models"}, "spec": wish}
    volumes = [{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}]
    return [claim, deployment("waits", "sleep", "9", pod={"volumes": volumes})]


TROUBLES = {
    "image tag absent": (
        [deployment("absent", image="lab.registry/python:never")],
        r"pod absent-\S+: (ErrImagePull|ImagePullBackOff) .*python:never",
    ),
    "crash": (
        [
            deployment(
                "crash",
                "python3",
                "-c",
                "print('no weights in /models'); raise SystemExit(3)",
                container={"readinessProbe": LATE},
            )
        ],
        r"container main: CrashLoopBackOff \(exit code 3, \d+ restarts\); its last lines:\nno weights in /models",
    ),
    "out of memory": (
        [deployment("greedy", "python3", "-c", "x = b'x' * 10**9", container=OOM)],
        r"container main: OOMKilled \(\d+ restarts; raise the memory limit\)",
    ),
    "no such node": (
        [deployment("nowhere", "sleep", "9", pod={"nodeSelector": {"zone": "moon"}})],
        r"pod nowhere-\S+: Unschedulable \(0/\d+ nodes are available",
    ),
    "no such Secret": (
        [deployment("unset", "sleep", "9", container={"envFrom": [{"secretRef": {"name": "none"}}]})],
        r'CreateContainerConfigError \(secret "none" not found\)',
    ),
    "quota of pods, Deployment": (
        [deployment("many", "sleep", "9")],
        r"Deployment \S+many: its pods: FailedCreate .*exceeded quota: no-pods",
    ),
    "quota of pods, StatefulSet": (
        [stateful_set("set", "sleep", "9")],
        r"StatefulSet \S+set: its pods: FailedCreate .*exceeded quota: no-pods",
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_the_wait_ends_early(raw: Raw, name: str) -> None:
    objects, message = TROUBLES[name]
    if "quota" in name:
        raw.cluster.apply({**NO_PODS, "metadata": {"name": "no-pods", "namespace": raw.namespace}})
    started = time.monotonic()
    try:
        with pytest.raises(RolloutError, match=message):
            raw.send(*objects, wait_timeout=90)
    finally:
        raw.cluster.delete("v1", "ResourceQuota", "no-pods", raw.namespace)
    assert time.monotonic() - started < 45


def test_a_volume_that_is_bound_elsewhere(raw: Raw) -> None:
    objects = claimed(raw)
    try:
        with pytest.raises(
            RolloutError, match=r"claim models is Pending for volume taken-\S+: .*already bound to a different"
        ):
            raw.send(*objects)
    finally:
        raw.send(state="absent", keep_volumes=False)
        raw.cluster.delete("v1", "PersistentVolume", f"taken-{raw.namespace}")


def test_time_over_shows_events_and_last_lines(raw: Raw) -> None:
    probe = {"readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 1}}
    words = ("python3", "-uc", "import time; print('loading shard 1 of 9'); time.sleep(99)")
    with pytest.raises(RolloutError, match=r"ready 0/1 \(1 loading\).*Unhealthy.*last lines:\nloading shard 1 of 9"):
        raw.send(deployment("slow", *words, container=probe), wait_timeout=6)


def test_kept_for_inspection(raw: Raw) -> None:
    raw.send(config("a", text="one"))
    bad = deployment("good", "sleep", "600", pod={"nodeSelector": {"zone": "moon"}})
    with pytest.raises(RolloutError, match="it is left as it is; correct the cause and run again"):
        raw.send(config("a", text="two"), bad, on_failure="keep")
    assert raw.get("ConfigMap", name="a")["data"] == {"text": "two"}
    good = deployment("good", "sleep", "600", image=PYTHON)
    assert raw.send(config("a", text="two"), good)["changed"]
    assert not raw.send(config("a", text="two"), good)["changed"]


def test_progress_names_the_phases(raw: Raw) -> None:
    raw.lines.clear()
    init = {"name": "fetch", "image": PYTHON, "command": ["sleep", "4"]}
    raw.send(deployment("slow", "sleep", "600", pod={"initContainers": [init]}))
    assert raw.lines
    assert raw.lines[0].startswith(f"{raw.namespace}/raw: 0 s: Deployment slow ready 0/1")
