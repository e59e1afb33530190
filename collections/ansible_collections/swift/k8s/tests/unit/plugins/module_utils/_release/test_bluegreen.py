# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Two colours behind one Service: what comes up, when callers are led to it, and what goes."""

from __future__ import annotations

import copy
import re
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import colours, front
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RefusedError, RolloutError
from ansible_collections.swift.k8s.plugins.module_utils._release.objects import Key
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster, FakeHelm

PAIR = {"name": "app", "strategy": "blue_green"}


@pytest.fixture
def devices(cluster: FakeCluster) -> FakeCluster:
    """A node with four devices."""
    status = {"allocatable": {"nvidia.com/gpu": "4"}}
    cluster.put({"kind": "Node", "metadata": {"name": "n"}, "spec": {}, "status": status})
    return cluster


def only(result: dict[str, Any]) -> dict[str, Any]:
    assert len(result["releases"]) == 1
    return dict(result["releases"][0])


def leads(cluster: FakeCluster) -> str:
    return str(cluster.at("Service", "app")["spec"]["selector"]["app"])


def releases(cluster: FakeCluster) -> set[str]:
    return {name for kind, _namespace, name in cluster.objects if kind == "Deployment"}


def age(cluster: FakeCluster, seconds: int) -> None:
    """Let the last switch have been so long ago."""
    then = cluster.now() - timedelta(seconds=seconds)
    notes = cluster.at("Service", "app")["metadata"]["annotations"]
    notes[front.SINCE] = then.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_first_second_and_third(run: Any, cluster: FakeCluster, helm: FakeHelm, chart: str) -> None:
    forecast = run(check=True, chart=chart, **PAIR)
    assert (only(forecast)["action"], cluster.writes) == ("switch", 0)
    first = run(chart=chart, **PAIR)
    assert first["diff"] == forecast["diff"]
    assert (only(first)["colour"], leads(cluster)) == ("blue", "app-blue")
    cluster.requests.clear()
    helm.processes = 0
    again = run(chart=chart, **PAIR)
    assert (again["changed"], helm.processes, cluster.writes) == (False, 0, 0)
    second = only(run(chart=chart, values={"text": "two"}, **PAIR))
    assert (second["action"], second["colour"], leads(cluster)) == ("switch", "green", "app-green")
    assert "green comes up beside blue and becomes ready" in second["notes"][0]
    assert releases(cluster) == {"app-blue", "app-green"}
    third = only(run(chart=chart, values={"text": "three"}, **PAIR))
    assert (third["colour"], leads(cluster)) == ("blue", "app-blue")


@pytest.mark.parametrize("check", [True, False])
def test_what_will_happen_is_said_beforehand(run: Any, said: list[str], chart: str, check: bool) -> None:
    run(chart=chart, **PAIR)
    said.clear()
    run(check=check, chart=chart, values={"text": "two"}, **PAIR)
    told = "team/app: green comes up beside blue and becomes ready, then Service team/app leads to it"
    assert [line for line in said if "green" in line] == [f"{told}; blue is kept for 3600 s"]


@pytest.mark.parametrize("check", [True, False])
def test_so_is_a_service_that_goes_down(
    run: Any, said: list[str], devices: FakeCluster, chart: str, check: bool
) -> None:
    run(name="one", chart=chart, values={"devices": 8})
    run(check=check, name="one", chart=chart, values={"devices": 8, "text": "two"}, strategy_value="strategy")
    down = "no room for another pod with 8 nvidia.com/gpu and one replica only: down from the old pod's end"
    assert [line for line in said if down in line] == [f"team/one: Deployment one: {down} until the new is ready"]


def test_old_colour_goes_when_its_time_is_over(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(chart=chart, **PAIR)
    two = {"chart": chart, "values": {"text": "two"}, "keep_old": 60, **PAIR}
    run(**two)
    assert not run(**two)["changed"]
    age(cluster, 61)
    assert only(run(check=True, **two))["action"] == "remove_old"
    assert releases(cluster) == {"app-blue", "app-green"}
    result = only(run(**two))
    assert any(re.fullmatch(r"blue has been kept for 6\d s", reason) for reason in result["reasons"])
    assert releases(cluster) == {"app-green"}
    assert not run(**two)["changed"]


def test_old_colour_goes_at_once(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(chart=chart, **PAIR)
    run(chart=chart, values={"text": "two"}, keep_old=0, **PAIR)
    assert releases(cluster) == {"app-green"}


def test_there_and_back(run: Any, cluster: FakeCluster, chart: str) -> None:
    first = only(run(chart=chart, **PAIR))
    run(chart=chart, values={"text": "two"}, **PAIR)
    back = only(run(state="rolled_back", **PAIR))
    assert back["action"] == "switch_back"
    assert leads(cluster) == "app-blue"
    again = only(run(state="rolled_back", **PAIR))
    assert not again["changed"]
    told = {"colour": "blue", "revision": 1, "chart": first["chart"], "images": first["images"]}
    assert [{key: result[key] for key in told} for result in (back, again)] == [told, told]
    cluster.requests.clear()
    assert only(run(chart=chart, values={"text": "two"}, **PAIR))["colour"] == "green"
    assert leads(cluster) == "app-green"


def test_nothing_to_go_back_to(run: Any, chart: str) -> None:
    with pytest.raises(RefusedError, match="team/app does not serve"):
        run(state="rolled_back", **PAIR)
    run(chart=chart, **PAIR)
    with pytest.raises(RefusedError, match=r"green is not kept any more \(keep_old: 3600 s\)"):
        run(state="rolled_back", **PAIR)


def test_callers_stay_where_an_answer_comes_from(
    run: Any, cluster: FakeCluster, chart: str, answers: dict[str, Any]
) -> None:
    asked = {"chart": chart, "probe": {"checks": ["health"]}, **PAIR}
    run(**asked)
    answers.update(ok=False, message="chat: the answer is empty")
    with pytest.raises(RolloutError, match=r"green is ready but does not answer: chat(.|\n)*still leads to blue"):
        run(values={"text": "two"}, **asked)
    assert leads(cluster) == "app-blue"
    answers.update(ok=True)
    run(values={"text": "two"}, **asked)
    assert leads(cluster) == "app-green"
    assert answers["asked"] == ["app-blue", "app-green", "app-green"]


@pytest.mark.parametrize(("replicas", "wanted", "problem"), [(2, 2, ""), (3, 3, "room for 1: free 2 nvidia.com/gpu")])
def test_room_for_both(run: Any, devices: FakeCluster, chart: str, replicas: int, wanted: int, problem: str) -> None:
    values = {"devices": 1, "replicas": replicas}
    run(chart=chart, values=values, **PAIR)
    spec = copy.deepcopy(devices.at("Deployment", "app-blue")["spec"]["template"]["spec"])
    for number in range(replicas):
        labels = {"app": "app-blue"}
        pod = {"metadata": {"name": f"p{number}", "namespace": "team", "labels": labels}}
        devices.put({"kind": "Pod", **pod, "spec": {**spec, "nodeName": "n"}})
    writes = devices.writes
    if problem:
        with pytest.raises(RefusedError, match=f"needs room for {wanted} pods with 1 nvidia.com/gpu each.*{problem}"):
            run(chart=chart, values={**values, "text": "two"}, **PAIR)
        assert (devices.writes, leads(devices)) == (writes, "app-blue")
    else:
        result = only(run(chart=chart, values={**values, "text": "two"}, **PAIR))
        assert "green takes 2 pods with 1 nvidia.com/gpu each; room for 2" in result["notes"]


def test_absent_leaves_nothing(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(chart=chart, **PAIR)
    run(chart=chart, values={"text": "two"}, **PAIR)
    assert only(run(state="absent", **PAIR))["action"] == "uninstall"
    assert {kind for kind, _namespace, _name in cluster.objects} == {"Namespace"}
    assert not run(state="absent", **PAIR)["changed"]


def test_beside_releases_in_place(run: Any, cluster: FakeCluster, chart: str) -> None:
    result = run(chart=chart, releases=[{"name": "plain"}, PAIR, {"name": "other"}])
    assert [one["name"] for one in result["releases"]] == ["plain", "app", "other"]
    assert releases(cluster) == {"plain", "app-blue", "other"}


def test_fields_of_the_service(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(chart=chart, front_service={"type": "LoadBalancer"}, **PAIR)
    spec = cluster.at("Service", "app")["spec"]
    assert (spec["type"], spec["ports"][0]["port"]) == ("LoadBalancer", 80)


def edit(cluster: FakeCluster) -> None:
    """Somebody leads callers elsewhere by hand."""
    cluster.at("Service", "app")["spec"]["selector"] = {"app": "app-green"}


def test_a_service_that_was_edited_leads_back(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(chart=chart, **PAIR)
    edit(cluster)
    reported = run(chart=chart, drift="report", **PAIR)
    assert (reported["changed"], only(reported)["drift"][0]["field"]) == (False, "spec.selector.app")
    assert not run(chart=chart, drift="ignore", **PAIR)["changed"]
    assert leads(cluster) == "app-green"
    forecast = run(check=True, chart=chart, **PAIR)
    result = run(chart=chart, **PAIR)
    assert forecast["diff"] == result["diff"]
    assert "app: app-green" in result["diff"][0]["before"]
    assert (only(result)["action"], leads(cluster)) == ("heal", "app-blue")
    assert not run(chart=chart, **PAIR)["changed"]


def test_another_wish_for_the_service(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(chart=chart, **PAIR)
    since = cluster.at("Service", "app")["metadata"]["annotations"][front.SINCE]
    result = only(run(chart=chart, drift="report", front_service={"type": "NodePort"}, **PAIR))
    assert result["reasons"] == ["Service team/app is wished otherwise"]
    service = cluster.at("Service", "app")
    assert (service["spec"]["type"], service["metadata"]["annotations"][front.SINCE]) == ("NodePort", since)
    assert not run(chart=chart, front_service={"type": "NodePort"}, **PAIR)["changed"]


def test_a_release_in_place_does_not_become_a_pair(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(chart=chart, name="app")
    writes = cluster.writes
    with pytest.raises(RefusedError, match=r"team/app is installed in place.*then remove team/app with state: absent"):
        run(chart=chart, **PAIR)
    assert cluster.writes == writes


def test_nor_a_pair_a_release_in_place(run: Any, cluster: FakeCluster, chart: str) -> None:
    run(chart=chart, **PAIR)
    writes = cluster.writes
    with pytest.raises(RefusedError, match=r"team/app is a pair of colours.*remove the pair first"):
        run(chart=chart, name="app")
    assert cluster.writes == writes


ROUTES = {
    "Ingress": lambda name: {"rules": [{"http": {"paths": [{"backend": {"service": {"name": name}}}]}}]},
    "HTTPRoute": lambda name: {"rules": [{"backendRefs": [{"name": name, "port": 8080}]}]},
    "VirtualService": lambda name: {"http": [{"route": [{"destination": {"host": name}}]}]},
}


@pytest.mark.parametrize("kind", ROUTES)
def test_a_route_to_one_colour_is_refused(kind: str) -> None:
    own = {Key("v1", "Service", "team", "app-blue"): {"spec": {}}}
    key = Key("v1", kind, "team", "app-blue")
    colours.routes("team/app", "app", {**own, key: {"spec": ROUTES[kind]("app")}})
    with pytest.raises(
        RefusedError, match=rf"{kind} app-blue of its chart leads to Service app-blue.*lead it to Service app,"
    ):
        colours.routes("team/app", "app", {**own, key: {"spec": ROUTES[kind]("app-blue")}})


def test_a_service_of_somebody_else(run: Any, cluster: FakeCluster, chart: str) -> None:
    cluster.put({"kind": "Service", "metadata": {"name": "app", "namespace": "team"}, "spec": {}})
    with pytest.raises(RefusedError, match="Service team/app is not one that strategy: blue_green made"):
        run(chart=chart, **PAIR)


def test_an_option_that_the_probe_has_not(run: Any, cluster: FakeCluster, chart: str) -> None:
    with pytest.raises(RefusedError, match=r"release team/app: probe: .*modle.*see the options"):
        run(chart=chart, probe={"modle": "x"}, **PAIR)
    assert cluster.writes == 0


def test_a_chart_without_service() -> None:
    with pytest.raises(RefusedError, match="makes no Service for its pods"):
        front.service_of("team/app", {})


@pytest.mark.parametrize(
    ("spec", "scaler", "pods"),
    [({"replicas": 3}, {}, 3), ({}, {}, 1), ({}, {"minReplicas": 2}, 2), ({}, {"minReplicaCount": 4}, 4)],
)
def test_pods_that_have_to_fit(spec: dict[str, Any], scaler: dict[str, Any], pods: int) -> None:
    container = {"resources": {"limits": {"nvidia.com/gpu": "2"}}}
    deployment = {"spec": {**spec, "template": {"spec": {"containers": [container]}}}}
    declared = {Key("apps/v1", "Deployment", "team", "app"): deployment}
    if scaler:
        target = {"scaleTargetRef": {"name": "app"}, **scaler}
        declared[Key("autoscaling/v2", "HorizontalPodAutoscaler", "team", "app")] = {"spec": target}
    (need, _pod) = colours.needs(declared)[0]
    assert str(need) == f"{pods} pod{'s' if pods > 1 else ''} with 2 nvidia.com/gpu each"
