# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Pods that hold devices are not left without them by a change of profile or selection."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._devices.plan import plan

PROFILES = {"shared4": {"time_slicing": {"replicas": 4, "rename": True}}, "sliced": {"time_slicing": {"replicas": 4}}}


def facts(free: Optional[int], pool: str = "gpu", ending: int = 0) -> dict[str, Any]:
    device = {"vendor": "nvidia", "resource": "nvidia.com/gpu", "count": 4, "free": free, "ending": ending}
    node = {"name": "gpu-1", "arch": "amd64", "labels": {"pool": pool}, "accelerators": [device]}
    other = {"name": "gpu-2", "arch": "amd64", "labels": {"pool": "gpu"}}
    owner = {"kind": "nvdp", "resource": "nvidia.com/gpu", "managed": True, "nodes": ["gpu-1"], "name": "plugin"}
    return {"nodes": [node, other], "owners": [owner], "apis": []}


def wish(profile: str, **more: Any) -> dict[str, Any]:
    return {"nvidia": {"profiles": PROFILES, "nodes": [{"selector": "pool=gpu", "profile": profile}], **more}}


@pytest.mark.parametrize(
    ("cluster", "wishes", "problem"),
    [
        (facts(4), wish("shared4"), None),
        (facts(None), wish("shared4"), None),
        (facts(1), wish("whole"), None),
        (facts(1), wish("sliced"), None),
        (facts(1), wish("shared4"), "Pods hold 3 nvidia.com/gpu on gpu-1, which would offer nvidia.com/gpu.shared"),
        (facts(1), wish("shared4", allow_disruption=True), None),
        (facts(3, pool="office"), wish("whole"), "Pods hold 1 nvidia.com/gpu on gpu-1, which would lose the device"),
        (facts(4, pool="office"), wish("whole"), None),
        (facts(3), {"nvidia": {"owner": "none"}}, "which would lose the device plugin"),
    ],
)
def test_held_devices(cluster: dict[str, Any], wishes: dict[str, Any], problem: Optional[str]) -> None:
    found = plan(cluster, wishes)["problems"]
    assert len(found) == (1 if problem else 0), found
    if problem:
        assert problem in found[0]["message"]
        assert "device_plugin_nvidia.allow_disruption: true" in found[0]["next_step"]


@pytest.mark.parametrize(
    ("cluster", "wishes", "busy"),
    [
        (facts(1), wish("whole"), 1),
        (facts(4), wish("whole"), 0),
        (facts(1, ending=3), wish("whole"), 0),
        (facts(None), wish("whole"), 0),
        (facts(1), wish("whole", allow_disruption=True), 0),
        ({**facts(1), "owners": [{"kind": "hami", "resource": "nvidia.com/gpu", "nodes": ["gpu-1"]}]}, {}, 0),
    ],
)
def test_what_a_removal_would_leave_without_a_plugin(
    cluster: dict[str, Any], wishes: dict[str, Any], busy: int
) -> None:
    found = plan(cluster, wishes)["busy"]
    assert len(found) == busy
    for one in found:
        assert one["daemonset"] == "plugin"
        assert one["refusal"].startswith("Pods hold 3 nvidia.com/gpu on gpu-1, which would lose the device plugin")


@pytest.mark.parametrize(("resource", "problems"), [("Ascend910-2c", 0), ("Ascend910", 0), ("Ascend310P", 1)])
def test_slices_go_with_their_whole(resource: str, problems: int) -> None:
    device = {"vendor": "ascend", "resource": f"huawei.com/{resource}", "count": 4, "free": 1}
    owner = {"kind": "mindcluster", "resource": "huawei.com/Ascend910", "managed": True, "nodes": ["npu-1"]}
    node = {"name": "npu-1", "arch": "arm64", "labels": {"pool": "npu"}, "accelerators": [device]}
    wishes = {"ascend": {"nodes": [{"selector": "pool=npu", "chip": "910B3"}]}}
    assert len(plan({"nodes": [node], "owners": [owner], "apis": []}, wishes)["problems"]) == problems
