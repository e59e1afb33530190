# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which probe pods are run, and what becomes of their answers."""

from __future__ import annotations

import json
from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._constraints import probe, published
from ansible_collections.swift.k8s.plugins.module_utils._constraints.errors import RuleError
from ansible_collections.swift.k8s.plugins.module_utils._constraints.settle import settle
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise
from ansible_collections.swift.k8s.plugins.module_utils._devices.smoke import pod

from .._devices.fakes import FakeCluster


def gpu_node(name: str, free: int, resource: str = "nvidia.com/gpu", **more: Any) -> dict[str, Any]:
    device = {"vendor": "nvidia", "resource": resource, "count": 8, "free": free, "sharing": "none", **more}
    return {"name": name, "ready": True, "labels": {"a": "b"}, "accelerators": [device]}


FACTS: dict[str, Any] = {"nodes": [gpu_node("gpu-1", 4)]}
RELEASE = {
    "name": "qwen",
    "values": {
        "accelerator": {"vendor": "nvidia"},
        "image": "r.io/x:1",
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "team", "operator": "Exists"}],
        "runtimeClassName": "nvidia",
    },
}
WISHES: dict[str, Any] = {"releases": [RELEASE, {**RELEASE, "name": "two"}], "claims": [{"name": "models"}]}


def settled(facts: Optional[dict[str, Any]] = None, **more: Any) -> dict[str, Any]:
    return settle(normalise({**WISHES, **more}), FACTS if facts is None else facts, {})


def planned(options: dict[str, Any], facts: Optional[dict[str, Any]] = None, **more: Any) -> list[dict[str, Any]]:
    known = FACTS if facts is None else facts
    return probe.planned(known, settled(known, **more), ["ms-swift/models", "other/models"], options)


def asking(**accelerator: Any) -> dict[str, Any]:
    return {"releases": [{"name": "qwen", "values": {"accelerator": {"vendor": "nvidia", **accelerator}}}]}


def test_one_pod_for_a_resource_in_a_namespace() -> None:
    (found,) = planned({})
    assert (found["resource"], found["count"], found["whole"]) == ("nvidia.com/gpu", 1, True)
    assert (found["image"], found["claim"], found["runtime_class"]) == ("r.io/x:1", "models", "nvidia")
    spec = pod(found)["spec"]
    assert spec["nodeSelector"] == {"a": "b"}
    assert spec["tolerations"][-1] == {"key": "team", "operator": "Exists"}
    assert spec["securityContext"]["fsGroup"] == 1000
    assert [item["mountPath"] for item in spec["containers"][0]["volumeMounts"]] == ["/dev/shm", "/probe"]
    assert spec["volumes"][1]["persistentVolumeClaim"] == {"claimName": "models"}


def test_the_pod_asks_for_what_the_largest_release_asks_for() -> None:
    releases = [asking(count=count)["releases"][0] | {"name": f"r{count}"} for count in (1, 4, 2)]
    (found,) = planned({}, releases=releases)
    assert pod(found)["spec"]["containers"][0]["resources"] == {"limits": {"nvidia.com/gpu": 4}}


@pytest.mark.parametrize(
    ("facts", "wishes", "expected"),
    [
        (FACTS, asking(vendor="cpu"), "it asks for no device"),
        (FACTS, asking(vendor="ascend"), "no node that it may run on offers huawei.com/Ascend910 yet"),
        (
            {"nodes": [gpu_node("gpu-1", 8, "nvidia.com/gpu.shared")]},
            asking(),
            "no node that it may run on offers nvidia.com/gpu yet",
        ),
        (FACTS, asking(count=5), "no node has 5 free nvidia.com/gpu"),
        (FACTS, asking(count=4), ""),
    ],
)
def test_why_no_pod_runs(facts: dict[str, Any], wishes: dict[str, Any], expected: str) -> None:
    assert (planned({}, facts, **wishes) == []) is bool(expected)
    told = probe.unprobed(facts, settled(facts, **wishes))
    assert told == ([{"subject": "release qwen", "hindrance": expected}] if expected else [])


def test_without_claims_or_an_image_of_its_own() -> None:
    (found,) = planned({"image": "mine:1"}, claims=[])
    assert (found["image"], found["claim"], json.loads(found["command"][3])["volume"]) == ("mine:1", "", "")
    (found,) = planned({}, **asking())
    assert found["image"] == published.engine({}, "nvidia")


@pytest.mark.parametrize(
    ("values", "classes", "expected"),
    [
        ({}, ["nvidia"], "nvidia"),
        ({}, ["ascend"], ""),
        ({"runtimeClassName": "auto"}, ["nvidia"], "nvidia"),
        ({"runtimeClassName": ""}, ["nvidia"], ""),
        ({"runtimeClassName": "kata"}, ["nvidia"], "kata"),
    ],
)
def test_the_pod_runs_with_the_class_of_the_engine(values: dict[str, str], classes: list[str], expected: str) -> None:
    facts = {**FACTS, "runtime_classes": [{"name": name} for name in classes]}
    (release,) = asking()["releases"]
    wishes = {"releases": [{**release, "values": {**release["values"], **values}}]}
    assert planned({}, facts, **wishes)[0]["runtime_class"] == expected


def test_a_share_of_a_device_is_no_number_of_files() -> None:
    (found,) = planned({}, {"nodes": [gpu_node("gpu-1", 4, sharing="time-slicing")]}, **asking())
    cluster = FakeCluster()
    cluster.log = '{"devices": ["nvidia0"]}'
    assert (found["whole"], probe.run(cluster, found, 5)["asked"]) == (False, None)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"models": [{"id": "a/b"}]}, ["www.modelscope.cn:443"]),
        ({"models": [{"id": "a/b", "endpoint": "http://hub.lab:8099/x"}]}, ["hub.lab:8099"]),
        ({"models": [{"id": "a/b"}], "offline": True, "registry": "mirror.site:5000/x"}, ["mirror.site:5000"]),
    ],
)
def test_addresses(wishes: dict[str, Any], expected: list[str]) -> None:
    assert probe.addresses(normalise(wishes), {"addresses": ["proxy.site:3128"]}) == sorted(
        [*expected, "proxy.site:3128"]
    )


def test_an_address_that_is_none() -> None:
    with pytest.raises(RuleError, match=r"address 'hub\.lab:https': .*; write host:port or a URL"):
        probe.addresses(normalise({}), {"addresses": ["hub.lab:https"]})


def test_answers() -> None:
    cluster, (wanted,) = FakeCluster(), planned({})
    cluster.log = 'a warning\n{"devices": ["nvidia0"], "shm_mib": 9}\n'
    told = probe.run(cluster, wanted, 5)
    assert (told["node"], told["devices"], told["shm_mib"], told.get("error")) == ("gpu-1", ["nvidia0"], 9, None)
    assert (told["asked"], told["seen"]) == (1, 1)
    cluster.log = "no json"
    assert probe.run(cluster, wanted, 5)["error"] == "it printed no result but: no json"
    cluster = FakeCluster()
    cluster.pods_end = "Failed"
    assert "did not succeed" in probe.run(cluster, wanted, 5)["error"]


WARNING = {"metadata": {"namespace": "ms-swift"}, "type": "Warning", "reason": "Failed", "message": "ErrImagePull"}


@pytest.mark.parametrize(("events", "key"), [([], "hindrance"), ([WARNING], "error")])
def test_an_image_that_is_still_being_pulled_is_no_failure(events: list[dict[str, Any]], key: str) -> None:
    cluster, (wanted,) = FakeCluster(Event=events), planned({})
    cluster.pods_end = "Pending"
    told = probe.run(cluster, wanted, 0.05)
    assert {"hindrance", "error"} & set(told) == {key}
    assert ("still being pulled after 0.05 s" in told[key]) is (not events)
    assert cluster.deleted == ["device-smoke-x1"]


def test_a_pod_that_may_not_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster, (wanted,) = FakeCluster(), planned({})

    def refuse(_obj: Any) -> Any:
        raise ClusterError("pods is forbidden")

    monkeypatch.setattr(cluster, "create", refuse)
    assert probe.run(cluster, wanted, 5)["error"] == "pods is forbidden"
