# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The life of a release on a real API server with the real helm."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import patience, store
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import (
    HelmError,
    RefusedError,
    RolloutError,
    StuckError,
)

from tests.lab.releases import CHART, Lab, helm_process, lab

__all__ = ["lab"]
pytestmark = pytest.mark.lab


def only(result: dict[str, Any]) -> dict[str, Any]:
    return dict(result["releases"][0])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod that cannot be scheduled counts as hopeless after two seconds instead of a minute."""
    monkeypatch.setitem(patience.GRACE, "Unschedulable", 2.0)


@pytest.fixture
def clean(lab: Lab) -> Lab:
    lab.run(state="absent")
    return lab


def test_install_upgrade_and_nothing(clean: Lab) -> None:
    forecast, first = clean.run(check=True, state="present"), clean.run(state="present")
    assert forecast["diff"] == first["diff"]
    assert (only(first)["action"], only(first)["revision"]) == ("install", 1)
    again = clean.run()
    assert (again["changed"], again["helm_processes"]) == (False, 0)
    assert set(again["requests"]) == {"GET"}
    changed = clean.run(values={"text": "new"})
    assert (only(changed)["action"], only(changed)["revision"]) == ("upgrade", 2)
    assert clean.get("ConfigMap")["data"]["text"] == "new"
    assert not clean.run()["changed"]


def test_failed_upgrade_goes_back(clean: Lab, impatient: None) -> None:
    clean.run(values={"devices": 1})
    with pytest.raises(RolloutError, match=r"Unschedulable(.|\n)*rolled back to revision 1"):
        clean.run(values={"devices": 99})
    assert clean.get("Deployment")["status"]["availableReplicas"] == 1
    assert not clean.run(values={"devices": 1})["changed"]


def test_broken_template_changes_nothing(clean: Lab) -> None:
    clean.run(state="present")
    with pytest.raises(HelmError, match=r"template small/templates/app.yaml:\d+: no luck today"):
        clean.run(values={"fail": "no luck today"})
    assert clean.release().revision == 1


def test_values_against_the_schema(clean: Lab) -> None:
    with pytest.raises(HelmError, match=r"the chart refuses these values:.*replica"):
        clean.run(values={"replica": 3})


def test_plain_helm_in_between(clean: Lab) -> None:
    clean.run(values={"text": "ours"})
    clean.helm("upgrade", "app", str(CHART), "--set", "text=theirs", "--reuse-values")
    result = only(clean.run(values={"text": "ours"}))
    assert (result["action"], result["revision"]) == ("upgrade", 3)
    assert clean.get("ConfigMap")["data"]["text"] == "ours"


def test_killed_helm_is_taken_over(clean: Lab) -> None:
    clean.run(values={"text": "one"})
    with helm_process(clean, "--set", "text=two", "--set", "devices=99") as process:
        with pytest.raises(StuckError, match=f"helm works on it here .process.*{process.pid}"):
            clean.run(values={"text": "three"}, repair_stuck=True, stuck_after=0)
        process.kill()
    assert clean.release().status == "pending-upgrade"
    with pytest.raises(StuckError, match="repair_stuck: true"):
        clean.run(values={"text": "three"})
    time.sleep(2)
    result = only(clean.run(values={"text": "three"}, repair_stuck=True, stuck_after=1))
    assert (result["repaired"], result["revision"]) == ("abandon", 3)
    assert clean.get("ConfigMap")["data"]["text"] == "three"
    limits = clean.get("Deployment")["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert "nvidia.com/gpu" not in limits
    assert not clean.run()["changed"]
    history = store.history(clean.cluster, clean.namespace, "app")
    assert [stored.status for stored in history] == ["deployed", "failed", "superseded"]


def test_rolled_back(clean: Lab) -> None:
    clean.run(values={"text": "one"})
    clean.run(values={"text": "two"})
    assert only(clean.run(state="rolled_back"))["revision"] == 3
    assert clean.get("ConfigMap")["data"]["text"] == "one"
    assert not clean.run(state="rolled_back")["changed"]
    assert not clean.run(values={"text": "one"})["changed"]


def test_immutable_field(clean: Lab) -> None:
    clean.run(values={"job": True})
    with pytest.raises(RefusedError, match=r"Job .*app-job spec\.template.* cannot change.*recreate: \[Job\]"):
        clean.run(values={"job": True, "image": "app:2"})
    uid = clean.get("Job", "batch/v1", "app-job")["metadata"]["uid"]
    result = only(clean.run(values={"job": True, "image": "app:2"}, recreate=["Job"]))
    assert "recreated" in [change["change"] for change in result["objects"]]
    assert clean.get("Job", "batch/v1", "app-job")["metadata"]["uid"] != uid


@pytest.mark.parametrize(
    ("devices", "replicas", "kind", "sentence"),
    [
        (1, 2, "RollingUpdate", "so 1 at a time comes up before"),
        (2, 2, "RollingUpdate", "1 of 2 replicas at a time is replaced in place"),
        (4, 1, "Recreate", "one replica only: down"),
    ],
)
def test_rollout_fits_the_devices(clean: Lab, devices: int, replicas: int, kind: str, sentence: str) -> None:
    values = {"devices": devices, "replicas": replicas, "text": "one"}
    clean.run(values=values, strategy_value="strategy")
    result = only(clean.run(values={**values, "text": "two"}, strategy_value="strategy"))
    assert sentence in result["notes"][0]
    assert clean.get("Deployment")["spec"]["strategy"]["type"] == kind
    assert not clean.run()["changed"]


def test_absent_leaves_nothing(clean: Lab) -> None:
    clean.run(state="present")
    assert only(clean.run(check=True, state="absent"))["action"] == "uninstall"
    clean.run(state="absent")
    left = clean.cluster.list("v1", "Secret", clean.namespace, label_selector="owner=helm")
    assert left == []
    assert not clean.run(state="absent")["changed"]
