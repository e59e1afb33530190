# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Edits by hand on a real API server: drift names exactly those that matter, and a repair takes them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.lab.releases import HELMS, Lab, installed, lab

__all__ = ["installed", "lab"]

# One Helm is enough here: test_release_drift_together has all edits with each.
pytestmark = [pytest.mark.lab, pytest.mark.parametrize("lab", HELMS[:1], indirect=True, scope="module")]

KUBECTL = "kubectl-edit"
Body = dict[str, Any]
SERVER = "spec.template.spec.containers[name=server]"


def container(**parts: Any) -> Body:
    """A strategic patch of the container that serves."""
    return pod(containers=[{"name": "server", **parts}])


def pod(**parts: Any) -> Body:
    return {"spec": {"template": {"spec": parts}}}


class Edit(NamedTuple):
    kind: str
    body: Body
    field: str  # what drift has to name; empty where the edit does not matter
    manager: str = KUBECTL


EDITS = {
    "image": Edit("Deployment", container(image="app:hacked"), f"{SERVER}.image"),
    "env": Edit("Deployment", container(env=[{"name": "TEXT", "value": "x"}]), f"{SERVER}.env[name=TEXT].value"),
    "env added": Edit("Deployment", container(env=[{"name": "MORE", "value": "x"}]), f"{SERVER}.env[name=MORE]"),
    "replicas": Edit("Deployment", {"spec": {"replicas": 5}}, "spec.replicas"),
    "memory": Edit(
        "Deployment", container(resources={"limits": {"memory": "2Gi"}}), f"{SERVER}.resources.limits.memory"
    ),
    "same memory": Edit("Deployment", container(resources={"limits": {"memory": "1024Mi"}}), ""),
    "same cpu": Edit("Deployment", container(resources={"limits": {"cpu": "1000m"}}), ""),
    "cpu request": Edit(
        "Deployment", container(resources={"requests": {"cpu": "500m"}}), f"{SERVER}.resources.requests.cpu"
    ),
    "probe": Edit(
        "Deployment", container(readinessProbe={"periodSeconds": 99}), f"{SERVER}.readinessProbe.periodSeconds"
    ),
    "probe default": Edit(
        "Deployment", container(readinessProbe={"timeoutSeconds": 9}), f"{SERVER}.readinessProbe.timeoutSeconds"
    ),
    "command": Edit("Deployment", container(args=["--other"]), f"{SERVER}.args"),
    "grace": Edit(
        "Deployment", pod(terminationGracePeriodSeconds=1), "spec.template.spec.terminationGracePeriodSeconds"
    ),
    "security": Edit(
        "Deployment", container(securityContext={"runAsNonRoot": False}), f"{SERVER}.securityContext.runAsNonRoot"
    ),
    "container added": Edit(
        "Deployment", pod(containers=[{"name": "extra", "image": "x:1"}]), "spec.template.spec.containers[name=extra]"
    ),
    "container injected": Edit("Deployment", pod(containers=[{"name": "mesh", "image": "x:1"}]), "", "mesh-webhook"),
    "node selector": Edit("Deployment", pod(nodeSelector={"disk": "ssd"}), "spec.template.spec.nodeSelector.disk"),
    "paused": Edit("Deployment", {"spec": {"paused": True}}, "spec.paused"),
    "label": Edit("Deployment", {"metadata": {"labels": {"app": "other"}}}, "metadata.labels.app"),
    "label removed": Edit("Service", {"metadata": {"labels": {"tier": None}}}, "metadata.labels.tier"),
    "annotation added": Edit("Deployment", {"metadata": {"annotations": {"note": "x"}}}, ""),
    "restart": Edit(
        "Deployment",
        {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}},
        "",
        "kubectl-rollout",
    ),
    "service port": Edit(
        "Service", {"spec": {"ports": [{"port": 80, "targetPort": 9}]}}, "spec.ports[port=80,protocol=TCP].targetPort"
    ),
    "service selector": Edit("Service", {"spec": {"selector": {"app": "other"}}}, "spec.selector.app"),
    "config": Edit("ConfigMap", {"data": {"text": "x"}}, "data.text"),
    "config key added": Edit("ConfigMap", {"data": {"more": "x"}}, "data.more"),
    "config key removed": Edit("ConfigMap", {"data": {"text": None}}, "data.text"),
    "secret": Edit("Secret", {"data": {"token": "eA=="}}, "data.token"),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(installed: Lab, name: str) -> None:
    edit = EDITS[name]
    installed.patch(edit.kind, edit.body, edit.manager)
    found = installed.drift()
    assert {finding["field"] for finding in found} == ({edit.field} if edit.field else set())
    if edit.field:
        assert found[0]["changed_by"] in (edit.manager, "")  # who removed a field is not recorded anywhere
        forecast, done = installed.run(check=True), installed.run()
        assert forecast["diff"] == done["diff"]
        assert done["releases"][0]["action"] == "heal"
    assert installed.drift() == []
    assert not installed.run()["changed"]


@pytest.mark.parametrize("kind", ["Deployment", "Service", "ConfigMap", "Secret"])
def test_deleted(installed: Lab, kind: str) -> None:
    installed.delete(kind)
    assert [finding["drift"] for finding in installed.drift()] == ["missing"]
    assert installed.run()["releases"][0]["action"] == "heal"
    assert not installed.run()["changed"]


SCALERS: dict[str, Callable[[Lab], None]] = {
    "autoscaler": lambda lab: lab.scale(4, "kube-controller-manager"),
    "by hand": lambda lab: lab.scale(3, "kubectl"),
}


@pytest.mark.parametrize("who", SCALERS)
def test_scaled(installed: Lab, who: str) -> None:
    SCALERS[who](installed)
    assert [finding["field"] for finding in installed.drift()] == ([] if who == "autoscaler" else ["spec.replicas"])


def test_server_side_apply_by_another_manager(installed: Lab) -> None:
    installed.apply(
        "Deployment", {"spec": {"template": {"spec": {"priorityClassName": "system-node-critical"}}}}, "policy"
    )
    assert installed.drift() == []
