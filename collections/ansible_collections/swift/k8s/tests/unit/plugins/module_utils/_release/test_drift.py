# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Drift from tables: what counts, what does not, and who is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import drift, fields, heal, ownership
from ansible_collections.swift.k8s.plugins.module_utils._release.objects import Key, text

KEY = Key("apps/v1", "Deployment", "team", "app")


def found(declared: dict[str, Any], live: dict[str, Any], kind: str = "Deployment") -> list[tuple[str, str]]:
    key = KEY._replace(kind=kind)
    return [(one.kind, text(one.path)) for one in drift.findings({key: declared}, {key: live})]


def spec(**parts: Any) -> dict[str, Any]:
    return {"kind": "Deployment", "metadata": {}, "spec": parts}


def managed(live: dict[str, Any], manager: str, tree: dict[str, Any], **entry: Any) -> dict[str, Any]:
    """The live object with one more managedFields entry."""
    one = {"manager": manager, "operation": "Update", "time": "2026-01-01T10:00:00Z", "fieldsV1": tree, **entry}
    metadata = live["metadata"]
    return {**live, "metadata": {**metadata, "managedFields": [*metadata.get("managedFields", []), one]}}


EQUAL = [
    ("default added", {"replicas": 1}, {"replicas": 1, "revisionHistoryLimit": 10}),
    ("quantity", {"resources": {"limits": {"cpu": "1000m"}}}, {"resources": {"limits": {"cpu": 1}}}),
    ("memory", {"resources": {"requests": {"memory": "1024Mi"}}}, {"resources": {"requests": {"memory": "1Gi"}}}),
    ("null", {"strategy": None}, {"strategy": {"type": "RollingUpdate"}}),
    ("false left out", {"hostNetwork": False}, {}),
    ("empty left out", {"nodeSelector": {}, "tolerations": [], "serviceAccountName": ""}, {}),
    ("nested empty", {"affinity": {"nodeAffinity": {}}}, {}),
    ("assigned", {"clusterIP": ""}, {"clusterIP": "10.0.0.1"}),
    ("node port", {"ports": [{"port": 80, "nodePort": 0}]}, {"ports": [{"port": 80, "nodePort": 30000}]}),
    ("protocol", {"ports": [{"port": 80}]}, {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}),
    ("order", {"env": [{"name": "a"}, {"name": "b"}]}, {"env": [{"name": "b"}, {"name": "a"}]}),
    ("sidecar", {"containers": [{"name": "a"}]}, {"containers": [{"name": "a"}, {"name": "mesh"}]}),
    ("number", {"minReadySeconds": 5}, {"minReadySeconds": 5.0}),
    ("list of maps", {"rules": [{"host": "a"}]}, {"rules": [{"host": "a", "pathType": "Prefix"}]}),
]
CHANGED = [
    ({"replicas": 0}, {}, "spec.replicas"),
    ({"automount": True}, {"automount": "true"}, "spec.automount"),
    ({"automountServiceAccountToken": False}, {}, "spec.automountServiceAccountToken"),
    ({"volumes": [{"name": "v", "emptyDir": {}}]}, {"volumes": [{"name": "v"}]}, "spec.volumes[name=v].emptyDir"),
    ({"args": ["a", "b"]}, {"args": ["a"]}, "spec.args"),
    ({"args": ["a", "b"]}, {"args": ["b", "a"]}, "spec.args"),
    ({"rules": [{"host": "a"}]}, {"rules": [{"host": "b"}]}, "spec.rules[0].host"),
    ({"rules": [{"host": "a"}]}, {"rules": []}, "spec.rules"),
    ({"env": [{"name": "a"}, {"name": "a"}]}, {"env": [{"name": "a"}]}, "spec.env"),
    ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "1500m"}}, "spec.limits.cpu"),
    ({"limits": {"cpu": "many"}}, {"limits": {"cpu": "1"}}, "spec.limits.cpu"),
    ({"containers": [{"name": "a"}]}, {"containers": [{"name": "b"}]}, "spec.containers[name=a]"),
    ({"ports": [{"name": "x"}]}, {"ports": [{"name": "y"}]}, "spec.ports[0].name"),
    ({"hostAliases": [{"hostnames": ["x"]}]}, {"hostAliases": [{"hostnames": ["y"]}]}, "spec.hostAliases[0].hostnames"),
    ({"on": True}, {"on": 1}, "spec.on"),
]


@pytest.mark.parametrize(("declared", "live"), [case[1:] for case in EQUAL], ids=[case[0] for case in EQUAL])
def test_no_false_alarm(declared: dict[str, Any], live: dict[str, Any]) -> None:
    assert found(spec(**declared), spec(**live)) == []


@pytest.mark.parametrize(("declared", "live", "path"), CHANGED)
def test_changed(declared: dict[str, Any], live: dict[str, Any], path: str) -> None:
    assert found(spec(**declared), spec(**live)) == [("changed", path)]


def test_secret_text_is_compared_as_stored_and_masked() -> None:
    key = KEY._replace(kind="Secret")
    declared = {"metadata": {}, "stringData": {"a": "x"}, "data": {"b": "eQ=="}}
    assert drift.findings({key: declared}, {key: {"metadata": {}, "data": {"a": "eA==", "b": "eQ=="}}}) == []
    one = drift.findings({key: declared}, {key: {"metadata": {}, "data": {"a": "canary", "b": "eQ=="}}})[0]
    assert "canary" not in str(one.report())
    assert one.report()["live"] == "********"


def test_missing_and_expired() -> None:
    job = {"kind": "Job", "spec": {"ttlSecondsAfterFinished": 60}}
    assert drift.findings({KEY: job}, {KEY: None}) == []
    assert str(drift.findings({KEY: spec()}, {KEY: None})[0]) == "Deployment team/app is missing"


REPLICAS: dict[str, Any] = {"f:spec": {"f:replicas": {}}}


@pytest.mark.parametrize(
    ("manager", "subresource", "expected"),
    [
        ("kube-controller-manager", "scale", []),
        ("kubectl", "scale", ["spec.replicas"]),
        ("kubectl", "", ["spec.replicas"]),
    ],
)
def test_replicas(manager: str, subresource: str, expected: list[str]) -> None:
    live = managed(spec(replicas=4), manager, REPLICAS, subresource=subresource)
    assert [path for _kind, path in found(spec(replicas=1), live)] == expected


@pytest.mark.parametrize("kind", ["HorizontalPodAutoscaler", "ScaledObject"])
def test_replicas_of_an_autoscaler_in_the_release(kind: str) -> None:
    scaler = Key("autoscaling/v2", kind, "team", "scaler")
    target = {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "app"}}}
    declared = {KEY: spec(replicas=1), scaler: target}
    assert drift.findings(declared, {KEY: spec(replicas=4), scaler: target}) == []


ITEM = 'k:{"name":"extra"}'
ADDED = [
    ("kubectl-edit", {"f:spec": {"f:containers": {ITEM: {".": {}, "f:image": {}}}}}, ["spec.containers[name=extra]"]),
    ("kubectl-edit", {"f:spec": {"f:nodeSelector": {}}}, ["spec.nodeSelector.disk"]),
    ("kubectl-edit", {"f:spec": {"f:paused": {}}}, ["spec.paused"]),
    ("kubectl-edit", {"f:metadata": {"f:labels": {"f:x": {}}}, "f:status": {"f:x": {}}}, []),
    ("kubectl-edit", {"f:spec": {"f:gone": {}, "v:1": {}}}, []),
    ("istio-webhook", {"f:spec": {"f:containers": {ITEM: {".": {}}}}}, []),
    ("helm", {"f:spec": {"f:paused": {}}}, []),
]


@pytest.mark.parametrize(("manager", "tree", "expected"), ADDED)
def test_added(manager: str, tree: dict[str, Any], expected: list[str]) -> None:
    declared = spec(containers=[{"name": "a"}], nodeSelector={"gpu": "yes"})
    extra = {"name": "extra", "image": "x"}
    live = spec(containers=[{"name": "a"}, extra], nodeSelector={"gpu": "yes", "disk": "ssd"}, paused=True)
    assert found(declared, managed(live, manager, tree)) == [("added", path) for path in expected]


def test_server_side_apply_of_others_adds_freely() -> None:
    live = managed(spec(replicas=1, paused=True), "kubectl", {"f:spec": {"f:paused": {}}}, operation="Apply")
    assert found(spec(replicas=1), live) == []


def test_who_and_when() -> None:
    tree: dict[str, Any] = {"f:spec": {"f:containers": {'k:{"name":"a"}': {"f:image": {}}}}}
    live = managed(spec(containers=[{"name": "a", "image": "hacked"}]), "kubectl-edit", tree)
    one = drift.findings({KEY: spec(containers=[{"name": "a", "image": "good"}])}, {KEY: live})[0]
    assert str(one) == (
        "Deployment team/app spec.containers[name=a].image was changed by kubectl-edit at 2026-01-01T10:00:00Z"
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("spec", "args"), "second"),
        (("spec", "args", 0), "second"),
        (("spec", "other"), None),
        (("data",), None),
    ],
)
def test_owner_of(path: Any, expected: str | None) -> None:
    live = managed(spec(), "first", {"f:spec": {"f:args": {}}}, time="2026-01-01T09:00:00Z")
    live = managed(live, "second", {"f:spec": {"f:args": {}}})
    owner = ownership.owner_of(live, path)
    assert (owner.manager if owner else None) == expected


HEALED = [
    (spec(args=["a"]), spec(args=["b"])),
    (spec(containers=[{"name": "a", "env": [{"name": "x", "value": "1"}]}]), spec(containers=[{"name": "a"}])),
    (spec(containers=[{"name": "a", "image": "1"}]), spec(containers=[{"name": "b"}, {"name": "a", "image": "2"}])),
    (spec(ports=[{"port": 80}]), spec(ports=[{"port": 81}])),
    (spec(rules=[{"host": "a"}]), spec(rules=[{"host": "b"}])),
    (spec(rules=[{"host": "a"}]), spec()),
    ({"metadata": {"labels": {"a": "1"}}}, {"metadata": {}}),
    ({"metadata": {"labels": {"a": "1"}}, "data": {"x": "1"}}, {"metadata": {"labels": {"a": "2"}}}),
]


@pytest.mark.parametrize(("declared", "live"), HEALED)
def test_the_patch_takes_drift_back(declared: dict[str, Any], live: dict[str, Any]) -> None:
    live = {**live, "metadata": {**live["metadata"], "resourceVersion": "7"}}
    findings = drift.findings({KEY: declared}, {KEY: live})
    assert findings
    operations = heal.patch(live, findings)
    assert operations[0] == {"op": "test", "path": "/metadata/resourceVersion", "value": "7"}
    assert fields.differences(declared, patched(live, operations)) == []


def test_the_patch_removes_what_was_added() -> None:
    item = 'k:{"containerPort":9,"protocol":"TCP"}'
    tree: dict[str, Any] = {"f:spec": {"f:ports": {item: {".": {}}}, "f:paused": {}, "f:gone": {}}}
    live = managed(spec(ports=[{"containerPort": 8}, {"containerPort": 9, "protocol": "TCP"}], paused=True), "me", tree)
    live["metadata"]["resourceVersion"] = "7"
    findings = drift.findings({KEY: spec(ports=[{"containerPort": 8}])}, {KEY: live})
    after = patched(live, heal.patch(live, findings))
    assert after["spec"] == {"ports": [{"containerPort": 8}]}


def patched(live: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    after = json.loads(json.dumps(live))
    for operation in operations[1:]:
        *above, last = operation["path"].strip("/").split("/")
        part = after
        for step in above:
            part = part[step]
        part[last] = operation["value"]
    return dict(after)
