# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Wishes -> rights; rights that are missing -> roles."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints import permissions
from ansible_collections.swift.k8s.plugins.module_utils._constraints.rights import Access
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

NVIDIA = {"action": "install", "nodes": ["gpu-1"], "options": {"namespace": "ndp"}, "values": {}}
ASCEND = {"action": "install", "nodes": ["npu-1"], "options": {}}


def plan(**vendors: Any) -> dict[str, Any]:
    return {"labels": {"n": {"a": "b"}} if vendors else {}, "vendors": vendors}


def needs(wishes: dict[str, Any], planned: dict[str, Any] | None = None) -> set[tuple[str, str]]:
    """Return (namespace, resource) of what the run cannot do without."""
    access = permissions.needed(normalise(wishes), planned or {})
    return {(one.namespace, one.resource) for one in access if not one.optional}


def release(**values: Any) -> dict[str, Any]:
    return {"namespace": "ai", "releases": [{"name": "qwen", "values": values}]}


def test_nothing_is_needed_for_no_wishes() -> None:
    assert needs({}) == set()
    looking = permissions.needed(normalise({}), {})
    assert {one.verbs for one in looking} <= {("list",), ("get", "list")}
    assert "secrets" not in {one.resource for one in looking}


def test_only_kinds_that_are_served_are_looked_at() -> None:
    def resources(apis: list[str]) -> set[str]:
        return {one.resource for one in permissions.needed(normalise({}), {}, apis)}

    assert resources(["resource.k8s.io/v1", "nvidia.com/v1"]) - resources([]) == {"resourceslices", "clusterpolicies"}


def test_models_need_what_seeds_them() -> None:
    names = ("configmaps", "cronjobs", "events", "jobs", "leases", "persistentvolumeclaims", "pods", "pods/log")
    seeding = {("ai", name) for name in names} | {("", "persistentvolumes")}
    assert needs({"namespace": "ai", "models": [{"id": "a/b"}]}) == seeding


def test_node_caches_need_the_pod_and_the_service_that_serve_them() -> None:
    def on_pods(**more: Any) -> set[str]:
        access = permissions.needed(normalise({"namespace": "ai", "models": [{"id": "a/b"}], **more}), {})
        return {verb for one in access if one.resource == "pods" and one.namespace == "ai" for verb in one.verbs}

    assert on_pods(node_caches=True) - on_pods() == {"get", "create", "patch", "delete"}
    assert ("ai", "services") in needs({"namespace": "ai", "models": [{"id": "a/b"}], "node_caches": True})


def test_who_serves_its_site_needs_a_deployment_and_a_service() -> None:
    wishes = {"namespace": "ai", "models": [{"id": "a/b"}]}
    assert needs({**wishes, "serves_site": True}) - needs(wishes) == {("ai", "deployments"), ("ai", "services")}


def test_claims_need_volumes_where_they_bring_their_own() -> None:
    inside = {("ai", name) for name in ("persistentvolumeclaims", "pods", "events")}
    looking = {("", name) for name in ("namespaces", "persistentvolumes", "storageclasses")}
    assert needs({"namespace": "ai", "claims": [{"name": "m"}]}) == inside | looking
    plain = permissions.needed(normalise({"claims": [{"name": "m"}]}), {})
    assert Access("storage.k8s.io", "csidrivers", ("list",), optional=True) in plain
    for source in ({"nfs": {"server": "x"}}, {"csi": {"driver": "s3.csi.aws.com", "handle": "w"}}):
        own = normalise({"claims": [{"name": "m", **source}]})
        assert Access("", "persistentvolumes", ("get", "list", "create", "patch")) in permissions.needed(own, {})


def test_storage_classes_are_written_only_where_they_are_wished() -> None:
    def verbs(**wishes: Any) -> set[str]:
        access = permissions.needed(normalise(wishes), {})
        return {verb for one in access if one.resource == "storageclasses" for verb in one.verbs}

    assert verbs(storage_classes=[{"name": "fast"}]) == {"get", "list", "create", "patch", "delete"}
    assert verbs(claims=[{"name": "m"}]) == {"list"}


def test_namespaces_are_made_where_they_are_missing() -> None:
    there = permissions.needed(normalise(release()), {})
    missing = permissions.needed(normalise(release()), {}, absent=["ai"])
    assert set(missing) - set(there) == {Access("", "namespaces", ("get", "create"))}


def test_plugins() -> None:
    both = needs({}, plan(nvidia=NVIDIA, ascend=ASCEND))
    assert {("", name) for name in ("nodes", "namespaces", "runtimeclasses", "clusterroles", "nodes/status")} <= both
    assert {("ndp", "secrets"), ("ndp", "daemonsets"), ("kube-system", "daemonsets")} <= both
    assert ("kube-system", "secrets") not in both


def test_a_mig_manager_needs_its_roles_and_what_they_hand_out() -> None:
    managed = needs({}, plan(nvidia={**NVIDIA, "mig_manager": {"image": "i"}}))
    assert managed - needs({}, plan(nvidia=NVIDIA)) == {("", "pods"), ("ndp", "roles"), ("ndp", "rolebindings")}


def test_what_is_handed_out_must_be_held() -> None:
    """Nobody may make a ClusterRole with rules that they do not hold themselves."""
    held = {one for one in permissions.needed(normalise({}), plan(ascend=ASCEND)) if not one.optional}
    assert Access("", "events", ("create",)) in held
    nfd = {**NVIDIA, "values": {"nfd": {"enabled": True}}}
    for part, expected in ((NVIDIA, False), (nfd, True)):
        verbs = {verb for one in permissions.needed(normalise({}), plan(nvidia=part)) for verb in one.verbs}
        assert ("escalate" in verbs) is expected


ALWAYS = {"services", "configmaps", "secrets", "replicasets", "pods", "pods/log", "pods/portforward", "events"}
SERVICE = ALWAYS | {"deployments", "serviceaccounts", "networkpolicies", "persistentvolumeclaims"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, SERVICE),
        ({"networkPolicy": {"enabled": False}}, SERVICE - {"networkpolicies"}),
        ({"serviceAccount": {"create": False}}, SERVICE - {"serviceaccounts"}),
        ({"cache": {"existingClaim": "models"}}, SERVICE - {"persistentvolumeclaims"}),
        ({"cache": {"enabled": False}}, SERVICE - {"persistentvolumeclaims"}),
        ({"ingress": {"enabled": True}}, SERVICE | {"ingresses"}),
        ({"httpRoute": {"enabled": True}}, SERVICE | {"httproutes"}),
        ({"podDisruptionBudget": {"enabled": True}}, SERVICE | {"poddisruptionbudgets"}),
        ({"autoscaling": {"enabled": True}}, SERVICE | {"horizontalpodautoscalers"}),
        ({"autoscaling": {"enabled": True, "type": "keda"}}, SERVICE | {"scaledobjects"}),
        ({"autoscaling": {"type": "keda"}}, SERVICE),
        ({"metrics": {"serviceMonitor": {"enabled": True}}}, SERVICE | {"servicemonitors"}),
        ({"metrics": {"prometheusRule": {"enabled": True}}}, SERVICE | {"prometheusrules"}),
        ({"engine": {"nodes": 2}}, SERVICE | {"leaderworkersets"}),
        ({"task": "sft"}, SERVICE - {"deployments"} | {"jobs"}),
        ({"task": "download", "job": {"schedule": "0 3 * * *"}}, SERVICE - {"deployments"} | {"jobs", "cronjobs"}),
    ],
)
def test_what_the_chart_renders(values: dict[str, Any], expected: set[str]) -> None:
    assert needs(release(**values)) == {("ai", name) for name in expected}


def test_pods_that_try_something() -> None:
    assert needs({"pod_namespaces": ["default"]}) == {("default", name) for name in ("pods", "pods/log", "events")}


ACCESS = [
    Access("", "nodes", ("list", "patch")),
    Access("", "events", ("list",), optional=True),
    Access("", "pods", ("create", "patch"), "n"),
    Access("", "secrets", ("create", "patch"), "n"),
    Access("apps", "deployments", ("get",), "n"),
]
ANSWERS = [True, False, False, False, False, False, False, False]


def test_what_only_helps_is_no_error() -> None:
    found = permissions.subjects(permissions.denied(ACCESS, ANSWERS, optional=False))
    assert [(one["subject"], one["resources"], one["role"]) for one in found] == [
        ("cluster", "nodes (patch)", "ClusterRole swift-k8s"),
        (
            "namespace n",
            "deployments.apps (get); pods (create, patch); secrets (create, patch)",
            "Role swift-k8s in n",
        ),
    ]


@pytest.mark.parametrize(
    ("user", "account"),
    [
        (
            "system:serviceaccount:ci:deployer",
            {"kind": "ServiceAccount", "namespace": "ci", "name": "deployer"},
        ),
        ("kim@example", {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "kim@example"}),
    ],
)
def test_roles_are_whole(user: str, account: dict[str, str]) -> None:
    cluster, bound, namespace, role, binding = permissions.documents(ACCESS, user)
    assert cluster["rules"] == [
        {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list", "patch"]},
    ]
    assert namespace["metadata"] == {"name": "n"}
    assert role["metadata"] == binding["metadata"] == {"name": "swift-k8s", "namespace": "n"}
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["create", "patch"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
    ]
    assert (bound["roleRef"]["kind"], binding["roleRef"]["kind"]) == ("ClusterRole", "Role")
    assert bound["subjects"] == binding["subjects"] == [account]


def test_without_a_name_nothing_is_bound() -> None:
    kinds = [one["kind"] for one in permissions.documents(ACCESS)]
    assert kinds == ["ClusterRole", "Namespace", "Role"]


def test_subresources_are_asked_for_as_such() -> None:
    (check,) = Access("", "pods/log", ("get",), "n").checks()
    assert check == {"verb": "get", "resource": "pods", "subresource": "log", "namespace": "n"}
