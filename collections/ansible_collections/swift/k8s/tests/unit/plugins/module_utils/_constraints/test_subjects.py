# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Wishes and facts as the subjects of rules."""

from __future__ import annotations

import re
from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.errors import RuleError
from ansible_collections.swift.k8s.plugins.module_utils._constraints.settle import settle
from ansible_collections.swift.k8s.plugins.module_utils._constraints.subjects import subjects
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

DEVICE = {"vendor": "nvidia", "resource": "nvidia.com/gpu", "count": 8, "free": 8, "product": "A100", "driver": "550"}
NODE = {"name": "gpu-1", "ready": True, "schedulable": True, "labels": {"pool": "a"}, "accelerators": [DEVICE]}
BARE = {"name": "npu-1", "ready": True, "schedulable": True, "labels": {}, "accelerators": []}
NPU_COMES = [{"node": "npu-1", "resource": "huawei.com/Ascend910"}]
PLAN = {
    "vendors": {
        "nvidia": {"action": "none", "nodes": [], "options": {}},
        "ascend": {"action": "install", "nodes": ["npu-1"], "options": {}, "expect": NPU_COMES},
    }
}


def build(
    wishes: dict[str, Any], plan: Optional[dict[str, Any]] = None, **facts: Any
) -> dict[str, list[dict[str, Any]]]:
    whole, planned = {"nodes": [NODE, BARE], **facts}, PLAN if plan is None else plan
    return subjects(whole, settle(normalise(wishes), whole, planned), planned, {})


def test_defaults_lie_under_releases_and_absent_ones_are_no_wish() -> None:
    wishes = normalise(
        {
            "namespace": "ai",
            "release_defaults": {"accelerator": {"vendor": "nvidia", "count": 4}},
            "releases": [{"name": "a", "values": {"accelerator": {"count": 2}}}, {"name": "b", "state": "absent"}],
            "claims": [{"name": "models"}, {"name": "old", "state": "absent", "namespace": "x"}],
        }
    )
    accelerators = [(item["name"], item["values"]["accelerator"]) for item in wishes["releases"]]
    assert accelerators == [("a", {"vendor": "nvidia", "count": 2})]
    assert [(item["namespace"], item["name"]) for item in wishes["claims"]] == [("ai", "models")]


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"release": []}, "unknown key 'release'"),
        ({"claims": [{"size": "1Gi"}]}, "storage_claims: an entry has no name: {'size': '1Gi'}"),
        ({"claims": [{"name": "models", "size": "huge"}]}, "claim models: size 'huge' is no size"),
        (
            {"claims": [{"name": "models", "access_modes": ["ReadWriteMony"]}]},
            "claim models: unknown access mode 'ReadWriteMony'; did you mean 'ReadWriteMany'?",
        ),
    ],
)
def test_wishes_that_nobody_understands(wishes: dict[str, Any], message: str) -> None:
    with pytest.raises(RuleError, match=re.escape(message)):
        normalise(wishes)


def test_releases_know_whether_their_devices_come_with_this_run() -> None:
    wishes = {
        "releases": [
            {"name": "gpu", "values": {"accelerator": {"vendor": "nvidia", "count": 2}}},
            {"name": "npu", "values": {"accelerator": {"vendor": "ascend", "count": 1}}},
            {"name": "cpu", "values": {"accelerator": {"vendor": "cpu"}}},
        ]
    }
    gpu, npu, cpu = build(wishes, releases=[{"name": "gpu", "namespace": "ms-swift"}])["releases"]
    assert (gpu["advertised"], gpu["pending"], gpu["installed"]) == (True, False, True)
    assert (npu["advertised"], npu["pending"], npu["installed"]) == (False, True, False)
    assert (cpu["accelerated"], cpu["fit"]["needed"]) == (False, False)


def test_devices_under_another_name_are_not_those_that_a_release_waits_for() -> None:
    release = {"name": "npu", "values": {"accelerator": {"vendor": "ascend", "resource": "huawei.com/Ascend910B3"}}}
    (found,) = build({"releases": [release]})["releases"]
    assert (found["pending"], found["brought"]) == (False, ["huawei.com/Ascend910"])
    assert found["advice"] == "Set accelerator.resource to huawei.com/Ascend910."
    (found,) = build({"releases": [release]}, PLAN | {"vendors": {"ascend": {"action": "none"}}})["releases"]
    assert found["advice"].startswith("Select the nodes in device_plugin_ascend.nodes")


@pytest.mark.parametrize(
    ("resource", "pending"), [("nvidia.com/mig-1g.10gb", True), ("nvidia.com/gpu", False), ("nvidia.com/migx", False)]
)
def test_slices_that_come_with_this_run(resource: str, pending: bool) -> None:
    expect = [{"node": "gpu-1", "resource": "nvidia.com/mig-", "minimum": 1}]
    plan = {"vendors": {"nvidia": {"action": "install", "options": {}, "expect": expect}}}
    release = {"name": "gpu", "values": {"accelerator": {"vendor": "nvidia", "resource": resource}}}
    whole = {"nodes": [{**NODE, "accelerators": []}]}
    (found,) = build({"releases": [release]}, plan, **whole)["releases"]
    assert (found["pending"], found["brought"]) == (pending, ["nvidia.com/mig-PROFILE"])


def test_releases_share_what_is_free_in_their_order() -> None:
    big = [{"name": name, "values": {"accelerator": {"vendor": "nvidia", "count": 6}}} for name in "ab"]
    assert [item["fit"]["missing"] for item in build({"releases": big})["releases"]] == [0, 1]
    there = [{"name": "a", "namespace": "ms-swift"}]
    assert [item["fit"]["missing"] for item in build({"releases": big}, releases=there)["releases"]] == [0, 0]


@pytest.mark.parametrize(
    ("replicas", "free", "missing", "left"),
    [
        (1, 0, 0, 1),
        (2, 2, 0, 1),
        (2, 1, 1, 0),
        (2, 3, 0, 0),
    ],
    ids=["as it is", "grows into what is free", "grows beyond it", "leaves one for the next"],
)
def test_a_release_that_is_there_grows_into_what_is_free_and_its_own(
    replicas: int, free: int, missing: int, left: int
) -> None:
    gpu = {"accelerator": {"vendor": "nvidia", "count": 2}}
    wishes = [
        {"name": "a", "values": {**gpu, "replicaCount": replicas}},
        {"name": "b", "values": {"accelerator": {"vendor": "nvidia", "count": 1}}},
    ]
    there = [{"name": "a", "namespace": "ms-swift", "holds": {"gpu-1": {"nvidia.com/gpu": 2}}}]
    node = {**NODE, "accelerators": [{**DEVICE, "count": 8, "free": free}]}
    found = build({"releases": wishes}, nodes=[node], releases=there)["releases"]
    assert [item["fit"]["missing"] for item in found] == [missing, left]
    assert [item["idle"] for item in found] == [False, False]


def test_a_job_that_is_over_asks_for_nothing() -> None:
    release = {"name": "a", "values": {"accelerator": {"vendor": "nvidia", "count": 8}}}
    there = [{"name": "a", "namespace": "ms-swift", "holds": {}}]
    (found,) = build({"releases": [release]}, releases=there)["releases"]
    assert (found["installed"], found["idle"]) == (True, True)


def test_placements_are_the_nodes_that_could_carry_a_release() -> None:
    def places(**values: Any) -> list[str]:
        release = {"name": "gpu", "values": {"accelerator": {"vendor": "nvidia"}, **values}}
        return [item["subject"] for item in build({"releases": [release]})["placements"]]

    assert places() == ["gpu-1"]
    assert places(accelerator={"vendor": "nvidia", "resource": "nvidia.com/gpu.shared"}) == []
    assert places(nodeSelector={"pool": "a"}) == ["gpu-1"]
    assert places(nodeSelector={"pool": "b"}) == []


CLASSES = [{"name": "nfs", "provisioner": "nfs.csi.k8s.io"}, {"name": "disk", "provisioner": "ebs", "default": True}]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ({"storage_class": "nfs"}, {"class": CLASSES[0], "dynamic": True, "shared_write": False}),
        ({}, {"class": CLASSES[1], "wished_class": "the default class"}),
        ({"storage_class": "nfss"}, {"class": None, "classes": ["disk", "nfs"]}),
        ({"nfs": {"server": "x"}}, {"static": True, "dynamic": False}),
        (
            {"access_modes": ["ReadWriteMany"]},
            {"shared_write": True, "shared_read": False, "missing_modes": ["ReadWriteMany"]},
        ),
        ({"access_modes": ["ReadOnlyMany"]}, {"shared_write": False, "shared_read": True}),
    ],
)
def test_claims(claim: dict[str, Any], expected: dict[str, Any]) -> None:
    (found,) = build({"claims": [{"name": "models", **claim}]}, storage_classes=CLASSES)["claims"]
    assert {key: found[key] for key in expected} == expected


def test_owners_that_share_nodes_are_rivals() -> None:
    owners = [
        {"kind": "hami", "resource": "nvidia.com/gpu", "namespace": "hami", "name": "plugin", "nodes": ["a", "b"]},
        {"kind": "nvdp", "resource": "nvidia.com/gpu", "namespace": "kube-system", "name": "ndp", "nodes": ["b"]},
        {"kind": "mindcluster", "resource": "huawei.com/Ascend910", "nodes": ["b"]},
    ]
    found = build({}, owners=owners)["owners"]
    assert [item["rivals"] for item in found] == [["nvdp (kube-system/ndp) on b"], [], []]


RELEASES = [("gpu/nvdp", "gpu/nvdp", False), ("gpu/nvdp", "gpu/other", True), ("", "", True)]


@pytest.mark.parametrize(("one", "other", "expected"), RELEASES)
def test_daemonsets_of_one_release_are_no_rivals(one: str, other: str, expected: bool) -> None:
    common = {"kind": "nvdp", "resource": "nvidia.com/gpu", "namespace": "gpu", "nodes": ["a"]}
    owners = [{**common, "name": "plugin", "release": one}, {**common, "name": "mps", "release": other}]
    assert bool(build({}, owners=owners)["owners"][0]["rivals"]) is expected


def test_what_the_facts_lack_is_parted_from_what_to_do() -> None:
    built = build({}, warnings=["pods are not known: allow it.", "Lease of x may not be seen"])
    assert [(item["text"], item["advice"].partition(",")[0]) for item in built["warnings"]] == [
        ("pods are not known", "Allow it"),
        ("Lease of x may not be seen", "Allow these credentials to list it"),
    ]


def test_variables_and_nodes() -> None:
    known = ["ms_swift_releases", "storage_claims"]
    built = build({"variables": ["ms_swift_relases", "storage_claims", "zzz"], "known_variables": known})
    assert [(item["subject"], item["nearest"]) for item in built["variables"]] == [
        ("ms_swift_relases", "ms_swift_releases"),
        ("zzz", None),
    ]
    assert build({"variables": ["x"]})["variables"] == []
    node = built["nodes"][0]
    assert (node["vendors"], node["devices"], node["served"], node["unlabelled"]) == (["nvidia"], 8, False, False)
