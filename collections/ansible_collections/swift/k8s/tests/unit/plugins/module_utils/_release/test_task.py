# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole module on fakes: what happens, what it costs, and that a second run finds nothing to do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import (
    HelmError,
    RefusedError,
    RolloutError,
    StuckError,
)
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster, FakeHelm, record


def only(result: dict[str, Any]) -> dict[str, Any]:
    assert len(result["releases"]) == 1
    return dict(result["releases"][0])


def test_install_then_nothing(run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str) -> None:
    forecast = run(check=True, name="app", chart=chart)
    assert cluster.writes == 0
    first = run(name="app", chart=chart)
    assert forecast["changed"]
    assert first["diff"] == forecast["diff"]
    assert only(first)["action"] == "install"
    assert only(first)["revision"] == 1
    cluster.requests.clear()
    helm.processes = 0
    second = run(name="app", chart=chart)
    assert not second["changed"]
    assert only(second)["action"] == "none"
    assert helm.processes == 0
    assert cluster.writes == 0
    # records, Deployment, Service, ConfigMap, Secret
    assert cluster.requests["list"] == 5


def test_upgrade_names_what_changes(run: Any, chart: str) -> None:
    run(name="app", chart=chart, values={"text": "one"})
    result = run(name="app", chart=chart, values={"text": "two", "replicas": 3})
    assert only(result)["action"] == "upgrade"
    assert only(result)["reasons"] == ["values change: replicas, text"]
    fields = {item["object"]: item["fields"] for item in only(result)["objects"]}
    assert fields["Deployment team/app"] == [
        "spec.replicas",
        "spec.template.spec.containers[name=server].env[name=TEXT].value",
    ]
    assert fields["ConfigMap team/app"] == ["data.text"]
    assert "two" in result["diff"][0]["after"]
    assert not run(name="app", chart=chart, values={"text": "two", "replicas": 3})["changed"]


def test_secret_values_are_hidden(run: Any, chart: str) -> None:
    first = run(name="app", chart=chart, secret_values={"token": "canary-1"})
    second = run(name="app", chart=chart, secret_values={"token": "canary-2"})
    assert only(second)["action"] == "upgrade"
    assert {item["object"] for item in only(second)["objects"]} == {"Secret team/app"}
    for result in (first, second):
        assert "canary" not in str(result)
        assert "Y2FuYXJ5" not in str(result)


def test_values_never_reach_argv(run: Any, helm: FakeHelm, chart: str) -> None:
    run(name="app", chart=chart, secret_values={"token": "canary-1"})
    assert "canary" not in str(helm.calls)


def test_drift_is_put_back_without_helm(run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str) -> None:
    run(name="app", chart=chart)
    cluster.at("Deployment", "app")["spec"]["template"]["spec"]["containers"][0]["image"] = "app:hacked"
    del cluster.objects[("Service", "team", "app")]
    assert only(run(check=True, name="app", chart=chart))["action"] == "heal"
    helm.processes = 0
    result = only(run(name="app", chart=chart))
    assert [one["drift"] for one in result["drift"]] == ["missing", "changed"]
    assert helm.processes == 0
    assert cluster.at("Deployment", "app")["spec"]["template"]["spec"]["containers"][0]["image"] == "app:1"
    assert cluster.at("Service", "app")["metadata"]["annotations"]["meta.helm.sh/release-name"] == "app"
    assert not run(name="app", chart=chart)["changed"]


def by_helm_four(item: dict[str, Any]) -> None:
    item["metadata"]["managedFields"] = [{"manager": "helm", "operation": "Apply", "time": "t", "fieldsV1": {}}]


def test_drift_of_helm_four_is_applied_whole(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(name="app", chart=chart)
    item = cluster.at("ConfigMap", "app")
    by_helm_four(item)
    item["data"].update(text="hacked", more="x")
    hand = {"manager": "kubectl-edit", "operation": "Update", "time": "t", "fieldsV1": {"f:data": {"f:more": {}}}}
    item["metadata"]["managedFields"].append(hand)
    assert len(only(run(name="app", chart=chart))["drift"]) == 2
    assert cluster.at("ConfigMap", "app")["data"] == {"text": "hello", "fixed": "always"}
    assert cluster.at("ConfigMap", "app")["metadata"]["annotations"]["meta.helm.sh/release-name"] == "app"


def test_deployment_of_helm_four_is_made_recreate_first(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(name="app", chart=chart)
    by_helm_four(cluster.at("Deployment", "app"))
    cluster.at("Deployment", "app")["spec"]["strategy"] = {"type": "RollingUpdate"}
    cluster.requests.clear()
    run(name="app", chart=chart, values={"strategy": {"type": "Recreate"}})
    # the patch of the strategy, and the mark that the revision became ready
    assert cluster.requests["patch"] == 2


def test_drift_only_reported(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(name="app", chart=chart)
    cluster.at("ConfigMap", "app")["data"]["text"] = "hacked"
    cluster.requests.clear()
    result = run(name="app", chart=chart, drift="report")
    assert not result["changed"]
    assert only(result)["drift"][0]["field"] == "data.text"
    assert cluster.writes == 0
    assert only(run(name="app", chart=chart, drift="ignore"))["drift"] == []


def test_upgrade_by_plain_helm_is_noticed(run: Any, helm: FakeHelm, chart: str) -> None:
    run(name="app", chart=chart)
    helm._store(
        "app", "team", "deployed", {"values": {"text": "by hand"}, "description": "Upgrade complete", "manifest": ""}
    )
    result = only(run(name="app", chart=chart))
    assert result["action"] == "upgrade"
    assert "made by helm" in result["reasons"][0]


def test_equal_release_of_plain_helm_is_left_alone(run: Any, helm: FakeHelm, chart: str) -> None:
    parts = {"values": {"text": "x"}, "description": "Install complete"}
    target = ["template", "app", chart, "--namespace=team"]
    parts["manifest"] = helm._template(target, {"--namespace": "team"}, '{"text": "x"}')
    helm._store("app", "team", "deployed", parts)
    assert only(run(name="app", chart=chart, values={"text": "x"}))["action"] == "none"


def test_failed_upgrade_goes_back(run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str) -> None:
    run(name="app", chart=chart)
    helm.fails = ["quota exceeded"]
    with pytest.raises(HelmError, match=r"quota exceeded\nRelease team/app was rolled back to revision 1"):
        run(name="app", chart=chart, values={"text": "new"})
    assert not run(name="app", chart=chart)["changed"]
    assert only(run(name="app", chart=chart, values={"text": "new"}))["action"] == "upgrade"


def test_upgrade_that_never_gets_ready_goes_back(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(name="app", chart=chart)
    cluster.broken = [pod_with({"waiting": {"reason": "CrashLoopBackOff"}}, restarts=4)]
    with pytest.raises(RolloutError) as caught:
        run(name="app", chart=chart, values={"image": "app:bad"})
    assert "CrashLoopBackOff" in str(caught.value)
    assert "last words of app-1/server" in str(caught.value)
    assert "rolled back to revision 1" in str(caught.value)


def test_failure_is_kept_on_request(run: Any, helm: FakeHelm, chart: str) -> None:
    run(name="app", chart=chart)
    helm.fails = ["quota exceeded"]
    with pytest.raises(HelmError, match="left as it is"):
        run(name="app", chart=chart, values={"text": "new"}, on_failure="keep")
    helm.fails = []
    assert only(run(name="app", chart=chart, values={"text": "new"}))["reasons"][0].startswith("revision 2 is failed")


def test_first_install_that_fails_has_nowhere_to_go(run: Any, helm: FakeHelm, chart: str) -> None:
    helm.fails = ["webhook timed out"]
    with pytest.raises(HelmError, match="no earlier revision known"):
        run(name="app", chart=chart)


def test_unseen_revision_is_confirmed_once(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(name="app", chart=chart, wait=False)
    assert not run(name="app", chart=chart, wait=False)["changed"]
    assert only(run(name="app", chart=chart))["action"] == "confirm"
    assert not run(name="app", chart=chart)["changed"]


@pytest.mark.parametrize(
    ("status", "options", "message"),
    [
        ("pending-upgrade", {}, "repair_stuck: true"),
        ("pending-upgrade", {"repair_stuck": True, "stuck_after": 10**9}, "last sign of life"),
    ],
)
def test_stuck_is_refused(
    run: Any, cluster: FakeCluster, chart: str, status: str, options: dict[str, Any], message: str
) -> None:
    cluster.put(record("app", "team", 1))
    cluster.put(record("app", "team", 2, status))
    cluster.requests.clear()
    with pytest.raises(StuckError, match=message):
        run(name="app", chart=chart, **options)
    assert cluster.writes == 0


@pytest.mark.parametrize("status", ["pending-upgrade", "pending-install", "pending-rollback"])
def test_stuck_is_taken_over(run: Any, cluster: FakeCluster, chart: str, status: str) -> None:
    cluster.put(record("app", "team", 1, status))
    result = only(run(name="app", chart=chart, repair_stuck=True))
    assert result["repaired"] == "abandon"
    assert result["revision"] == 2
    assert not run(name="app", chart=chart)["changed"]


def test_interrupted_uninstall_is_finished(run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str) -> None:
    cluster.put(record("app", "team", 3, "uninstalling"))
    result = only(run(name="app", chart=chart, repair_stuck=True))
    assert (result["repaired"], result["revision"]) == ("finish", 1)


def test_rolled_back_and_again(run: Any, chart: str) -> None:
    run(name="app", chart=chart, values={"text": "one"})
    run(name="app", chart=chart, values={"text": "two"})
    forecast = only(run(check=True, name="app", state="rolled_back"))
    assert forecast["reasons"] == ["from revision 2 to revision 1"]
    assert {item["object"] for item in forecast["objects"]} == {"Deployment team/app", "ConfigMap team/app"}
    assert only(run(name="app", state="rolled_back"))["revision"] == 3
    assert not run(name="app", state="rolled_back")["changed"]
    assert not run(name="app", state="rolled_back", revision=1)["changed"]
    # The inventory goes back to what revision 1 had: nothing to do, known through the rollback.
    assert not run(name="app", chart=chart, values={"text": "one"})["changed"]


@pytest.mark.parametrize(
    ("revision", "message"), [(7, "no revision 7; stored are 1"), (None, "has no earlier revision that became ready")]
)
def test_rollback_without_goal(run: Any, chart: str, revision: int | None, message: str) -> None:
    run(name="app", chart=chart)
    with pytest.raises(RefusedError, match=message):
        run(name="app", state="rolled_back", revision=revision)


def test_absent(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(name="app", chart=chart)
    forecast = only(run(check=True, name="app", state="absent"))
    assert [item["change"] for item in forecast["objects"]] == ["deleted"] * 4
    run(name="app", state="absent")
    assert list(cluster.objects) == [("Namespace", "", "team")]
    assert not run(name="app", state="absent")["changed"]


def test_twenty_releases_cost_one_list_a_kind(run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str) -> None:
    entries = [{"name": f"app-{number}", "chart": chart} for number in range(3)]
    run(releases=entries)
    cluster.requests.clear()
    helm.processes = 0
    result = run(releases=entries)
    assert not result["changed"]
    assert cluster.requests["list"] == 5
    assert helm.processes == 0


def test_a_failure_tells_what_was_done_before(run: Any, helm: FakeHelm, chart: str) -> None:
    helm.fails = ["quota exceeded"]
    told: dict[str, Any] = {}
    entries = [
        {"name": "one", "chart": chart, "state": "absent"},
        *({"name": n, "chart": chart} for n in ("two", "three")),
    ]
    with pytest.raises(HelmError, match="quota exceeded"):
        run(releases=entries, chart=chart, told=told)
    assert [(one["action"], one["changed"]) for one in told["releases"]] == [
        ("none", False),
        ("install", True),
        ("install", False),
    ]
    assert (told["changed"], len(told["diff"])) == (True, 1)


def test_other_cluster_is_refused(run: Any, chart: str) -> None:
    with pytest.raises(RefusedError, match="uid-1, not uid-2"):
        run(name="app", chart=chart, cluster_uid="uid-2")


def test_namespace_is_created_with_labels(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(
        name="app",
        namespace="new",
        chart=chart,
        create_namespace=True,
        namespace_labels={"pod-security.kubernetes.io/enforce": "restricted"},
    )
    labels = cluster.at("Namespace", "new", "")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["app.kubernetes.io/managed-by"] == "swift-k8s"


def pod_with(state: dict[str, Any], restarts: int = 0) -> dict[str, Any]:
    status = {"name": "server", "restartCount": restarts, "state": state, "lastState": {"terminated": {"exitCode": 1}}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "app-1", "namespace": "team", "labels": {"app": "app"}},
        "status": {"containerStatuses": [status]},
    }
