# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which probe pods are run, and what becomes of their answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._constraints import probe
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise
from ansible_collections.swift.k8s.plugins.module_utils._devices.smoke import pod

from .._devices.fakes import FakeCluster

FACTS: dict[str, Any] = {
    "nodes": [
        {
            "name": "gpu-1",
            "accelerators": [
                {"vendor": "nvidia", "resource": "nvidia.com/gpu", "count": 8, "free": 0},
                {"vendor": "nvidia", "resource": "nvidia.com/mig-1g.10gb", "count": 7, "free": 5},
            ],
        }
    ],
    "runtime_classes": [{"name": "nvidia", "handler": "nvidia"}],
}
PLAN = {"vendors": {"nvidia": {"options": {"runtime_class": "nvidia"}}}}
RELEASE = {
    "name": "qwen",
    "values": {"accelerator": {"vendor": "nvidia"}, "image": "r.io/x:1", "nodeSelector": {"a": "b"}},
}
WISHES: dict[str, Any] = {"releases": [RELEASE, {**RELEASE, "name": "two"}], "claims": [{"name": "models"}]}


def planned(options: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return probe.planned(FACTS, normalise({**WISHES, **more}), PLAN, ["ms-swift/models", "other/models"], options)


def test_one_pod_for_a_vendor_in_a_namespace_where_devices_are_free() -> None:
    (found,) = planned({})
    assert found["resource"] == "nvidia.com/mig-1g.10gb"
    assert (found["image"], found["claim"], found["runtime_class"]) == ("r.io/x:1", "models", "nvidia")
    spec = pod(found)["spec"]
    assert spec["nodeSelector"] == {"a": "b"}
    assert spec["securityContext"]["fsGroup"] == 1000
    assert [item["mountPath"] for item in spec["containers"][0]["volumeMounts"]] == ["/dev/shm", "/probe"]
    assert spec["volumes"][1]["persistentVolumeClaim"] == {"claimName": "models"}


def test_without_claims_devices_or_an_image() -> None:
    (found,) = planned({"image": "mine:1"}, claims=[])
    assert (found["image"], found["claim"], json.loads(found["command"][3])["volume"]) == ("mine:1", "", "")
    assert (
        planned({}, releases=[{"name": "npu", "values": {"accelerator": {"vendor": "ascend"}, "image": "x:1"}}]) == []
    )
    assert planned({}, releases=[{"name": "qwen", "values": {"accelerator": {"vendor": "nvidia"}}}]) == []


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


def test_answers() -> None:
    cluster, (wanted,) = FakeCluster(), planned({})
    cluster.log = 'a warning\n{"devices": ["nvidia0"], "shm_mib": 9}\n'
    told = probe.run(cluster, wanted, 5)
    assert (told["node"], told["devices"], told["shm_mib"], told.get("error")) == ("gpu-1", ["nvidia0"], 9, None)
    cluster.log = "no json"
    assert probe.run(cluster, wanted, 5)["error"] == "it printed no result but: no json"
    cluster = FakeCluster()
    cluster.pods_end = "Failed"
    assert "did not succeed" in probe.run(cluster, wanted, 5)["error"]


def test_a_pod_that_may_not_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster, (wanted,) = FakeCluster(), planned({})

    def refuse(_obj: Any) -> Any:
        raise ClusterError("pods is forbidden")

    monkeypatch.setattr(cluster, "create", refuse)
    assert probe.run(cluster, wanted, 5)["error"] == "pods is forbidden"
