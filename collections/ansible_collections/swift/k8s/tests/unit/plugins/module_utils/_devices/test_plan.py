# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The device plan for both vendors."""

from __future__ import annotations

import json
import re
from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._devices.allocatable import unmet
from ansible_collections.swift.k8s.plugins.module_utils._devices.ascend import family_of_chip
from ansible_collections.swift.k8s.plugins.module_utils._devices.plan import plan
from ansible_collections.swift.k8s.plugins.module_utils._devices.problem import DevicePlanError

GPU = {"name": "gpu-1", "arch": "amd64", "runtime": "containerd://2.1.4", "labels": {"pool": "gpu"}}
NPU = {"name": "npu-1", "arch": "arm64", "runtime": "containerd://1.7.2", "labels": {"pool": "npu"}}
CPU = {"name": "cpu-1", "arch": "amd64", "labels": {}}
FACTS: dict[str, Any] = {"nodes": [GPU, NPU, CPU], "owners": [], "apis": ["apps/v1"]}
BOTH = {
    "nvidia": {"nodes": [{"selector": "pool=gpu"}]},
    "ascend": {"nodes": [{"selector": "pool=npu", "chip": "910B3"}]},
}


def hami(**more: Any) -> dict[str, Any]:
    return {
        "resource": "nvidia.com/gpu",
        "kind": "hami",
        "namespace": "hami",
        "name": "hami",
        "nodes": ["gpu-1"],
        **more,
    }


def test_both_vendors_in_one_pass() -> None:
    found = plan(FACTS, BOTH, registry="lab.registry")
    assert found["problems"] == []
    assert found["labels"] == {
        "gpu-1": {"nvidia.com/gpu.present": "true"},
        "npu-1": {
            "workerselector": "dls-worker-node",
            "accelerator": "huawei-Ascend910",
            "host-arch": "huawei-arm",
        },
    }
    assert found["expect"] == [
        {"node": "gpu-1", "vendor": "nvidia", "resource": "nvidia.com/gpu", "minimum": 1},
        {"node": "npu-1", "vendor": "ascend", "resource": "huawei.com/Ascend910", "minimum": 1},
    ]
    nvidia, ascend = found["vendors"]["nvidia"], found["vendors"]["ascend"]
    assert nvidia["values"]["image"] == {"repository": "lab.registry/nvidia/k8s-device-plugin", "tag": "v0.20.0"}
    assert ascend["image"] == "lab.registry/ascendhub/ascend-k8sdeviceplugin:v26.1.0-openeuler24.03"
    assert (ascend["template"], ascend["families"], ascend["container_mode"]) == (
        "unified",
        ["Ascend910"],
        "containerd",
    )


def test_nothing_to_do_without_devices() -> None:
    found = plan(FACTS, {})
    assert [part["action"] for part in found["vendors"].values()] == ["none", "none"]
    assert (found["labels"], found["expect"], found["problems"]) == ({}, [], [])


@pytest.mark.parametrize(
    ("labels", "vendor"),
    [
        ({"nvidia.com/gpu.present": "true"}, "nvidia"),
        ({"feature.node.kubernetes.io/pci-0302_10de.present": "true"}, "nvidia"),
        ({"feature.node.kubernetes.io/pci-1200_19e5.present": "true"}, "ascend"),
        ({"accelerator": "huawei-Ascend310P"}, "ascend"),
    ],
)
def test_nodes_are_found_by_their_labels(labels: dict[str, str], vendor: str) -> None:
    found = plan({"nodes": [CPU, {"name": "x", "labels": labels}]}, {})
    assert found["vendors"][vendor]["nodes"] == ["x"]
    assert found["vendors"][vendor]["action"] == "install"


def test_profiles_become_config_labels_and_expectations() -> None:
    wishes = {
        "nvidia": {
            "profiles": {"shared4": {"time_slicing": {"replicas": 4, "rename": True}}},
            "nodes": [{"selector": "pool=gpu", "profile": "shared4"}],
        }
    }
    found = plan(FACTS, wishes)
    config = found["vendors"]["nvidia"]["values"]["config"]
    assert (config["default"], sorted(config["map"])) == ("whole", ["shared4", "whole"])
    assert json.loads(config["map"]["shared4"])["sharing"]["timeSlicing"]["resources"][0]["replicas"] == 4
    assert found["labels"]["gpu-1"]["nvidia.com/device-plugin.config"] == "shared4"
    assert found["expect"][0] == {
        "node": "gpu-1",
        "vendor": "nvidia",
        "resource": "nvidia.com/gpu.shared",
        "minimum": 4,
    }


def test_mps_brings_feature_discovery_that_shows_ascend_too() -> None:
    wishes = {"nvidia": {"profiles": {"mps2": {"mps": {"replicas": 2}}}, "nodes": [{"selector": "pool=gpu"}]}}
    values = plan(FACTS, wishes)["vendors"]["nvidia"]["values"]
    assert values["gfd"] == {"enabled": True}
    assert values["nfd"]["enabled"] is True
    assert "12" in values["nfd"]["worker"]["config"]["sources"]["pci"]["deviceClassWhitelist"]
    there = plan({**FACTS, "apis": ["nfd.k8s-sigs.io/v1alpha1"]}, wishes)
    assert there["vendors"]["nvidia"]["values"]["nfd"]["enabled"] is False


@pytest.mark.parametrize(
    ("image", "registry", "expected"),
    [
        ("", "", "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"),
        ("", "mirror.site:5000/x", "mirror.site:5000/x/nvidia/k8s-device-plugin:v0.20.0"),
        ("own.site/plugin:1", "mirror.site", "own.site/plugin:1"),
        ("own.site:5000/plugin", "", "own.site:5000/plugin:v0.20.0"),
        ("plugin", "", "plugin:v0.20.0"),
        ("own.site/plugin@sha256:0", "", "own.site/plugin@sha256:0"),
    ],
)
def test_image(image: str, registry: str, expected: str) -> None:
    wishes = {"nvidia": {"image": image, "nodes": [{"selector": "pool=gpu"}]}}
    found = plan(FACTS, wishes, registry)["vendors"]["nvidia"]["values"]["image"]
    assert f"{found['repository']}:{found['tag']}" == expected


def test_values_of_the_user_win() -> None:
    wishes = {
        "nvidia": {
            "nodes": [{"selector": "pool=gpu"}],
            "runtime_class": "",
            "pull_secrets": ["regcred"],
            "values": {"image": {"pullPolicy": "Always"}, "mps": {"root": "/mps"}},
        }
    }
    values = plan(FACTS, wishes)["vendors"]["nvidia"]["values"]
    assert values["image"]["pullPolicy"] == "Always"
    assert values["image"]["tag"] == "v0.20.0"
    assert values["imagePullSecrets"] == [{"name": "regcred"}]
    assert "runtimeClassName" not in values


MIG: dict[str, Any] = {
    "profiles": {"mig": {"mig": {"strategy": "mixed", "config": "all-1g.10gb"}}},
    "nodes": [{"selector": "pool=gpu", "profile": "mig"}],
}


def test_a_mig_manager_of_our_own() -> None:
    whole = {"name": "gpu-2", "labels": {"pool": "whole"}}
    nodes = [*MIG["nodes"], {"selector": "pool=whole"}]
    wish = {**MIG, "nodes": nodes, "mig_manager": True, "mig_manager_reboot": True}
    found = plan({**FACTS, "nodes": [GPU, whole]}, {"nvidia": wish}, registry="lab.registry")
    assert found["problems"] == []
    part = found["vendors"]["nvidia"]
    image = "lab.registry/nvidia/cloud-native/k8s-mig-manager:v0.15.0"
    assert part["mig_manager"] == {"image": image, "config": "", "reboot": True}
    # Every plugin is a client that mig-manager can send away; only nodes that are to be cut get a manager.
    assert part["values"]["nodeSelector"] == {"nvidia.com/gpu.deploy.client": "true"}
    deploy = {
        node: {key.rpartition(".")[2] for key in labels if "gpu.deploy" in key}
        for node, labels in found["labels"].items()
    }
    assert deploy == {"gpu-1": {"client", "mig-manager"}, "gpu-2": {"client"}}
    (expected,) = [item for item in found["expect"] if item["node"] == "gpu-1"]
    assert (expected["resource"], expected["label"]["value"]) == ("nvidia.com/mig-1g.10gb", "success")


def test_two_mig_managers_are_refused() -> None:
    operated = {**FACTS, "apis": ["nvidia.com/v1"]}
    (problem,) = plan(operated, {"nvidia": {**MIG, "mig_manager": True}})["problems"]
    assert "GPU Operator, which brings its own" in problem["message"]


def test_mig_needs_a_manager_and_is_waited_for() -> None:
    wishes = {"nvidia": MIG}
    assert "no mig-manager" in plan(FACTS, wishes)["problems"][0]["message"]
    managed = {**GPU, "labels": {"pool": "gpu", "nvidia.com/mig.config.state": "success"}}
    found = plan({**FACTS, "nodes": [managed]}, wishes)
    assert found["problems"] == []
    assert found["labels"]["gpu-1"]["nvidia.com/mig.config"] == "all-1g.10gb"
    assert found["expect"][0]["label"] == {"key": "nvidia.com/mig.config.state", "value": "success", "failed": "failed"}


@pytest.mark.parametrize(
    ("owner", "owners", "action", "who", "problem"),
    [
        ("auto", [], "install", "nvdp", None),
        ("auto", [hami()], "adopt", "hami", None),
        ("auto", [hami(nodes=["elsewhere"])], "install", "nvdp", None),
        ("auto", [hami(nodes=[])], "adopt", "hami", None),
        ("auto", [hami(nodes=[]), hami(kind="nvdp", managed=True)], "adopt", "hami", "remove ours first"),
        ("hami", [hami(), hami(kind="nvdp", managed=True)], "adopt", "hami", "Select the nodes of one of them"),
        ("auto", [hami(), hami(kind="nvdp", managed=True, nodes=["elsewhere"])], "adopt", "hami", None),
        ("auto", [hami(kind="nvdp", managed=True)], "install", "nvdp", None),
        ("auto", [hami(kind="nvdp")], "adopt", "nvdp", None),
        ("nvdp", [hami(kind="nvdp", managed=True)], "install", "nvdp", None),
        ("nvdp", [hami()], "install", "nvdp", "Set device_plugin_nvidia.owner: hami to use what is there"),
        ("nvdp", [hami(kind="nvdp")], "install", "nvdp", "Set device_plugin_nvidia.owner: auto to use what is there"),
        ("hami", [hami()], "adopt", "hami", None),
        ("hami", [hami(), hami(kind="nvdp")], "adopt", "hami", "owner: nvdp"),
        ("hami", [], "none", "hami", "Install hami first"),
        ("none", [hami()], "none", "none", None),
    ],
)
def test_owner(owner: str, owners: list[Any], action: str, who: str, problem: Optional[str]) -> None:
    wishes = {"nvidia": {"owner": owner, "nodes": [{"selector": "pool=gpu"}]}}
    found = plan({**FACTS, "owners": owners}, wishes)
    part = found["vendors"]["nvidia"]
    assert (part["action"], part["owner"]) == (action, who)
    assert [problem in item["next_step"] for item in found["problems"]] == ([True] if problem else [])
    if action == "adopt":
        assert found["labels"] == {}
        assert found["expect"] == [{"node": "gpu-1", "vendor": "nvidia", "resource": "nvidia.com/", "minimum": 1}]


OFFERING = {**GPU, "accelerators": [{"vendor": "nvidia", "count": 8}]}


@pytest.mark.parametrize(
    ("owner", "owners", "others", "action", "labelled", "refused"),
    [
        ("auto", [], [], "adopt", [], False),
        ("auto", [], [{**GPU, "name": "gpu-2"}], "install", ["gpu-2"], False),
        ("nvdp", [], [], "install", [], True),
        ("auto", [hami(kind="nvdp", managed=True, nodes=["gpu-9"])], [], "install", ["gpu-1"], False),
        ("auto", [hami()], [], "adopt", [], False),
    ],
)
def test_devices_that_nobody_is_seen_to_advertise(
    owner: str, owners: list[Any], others: list[Any], action: str, labelled: list[str], refused: bool
) -> None:
    wishes = {"nvidia": {"owner": owner, "nodes": [{"selector": "pool=gpu"}]}}
    found = plan({"nodes": [OFFERING, *others], "owners": owners}, wishes)
    assert found["vendors"]["nvidia"]["action"] == action
    assert sorted(found["labels"]) == labelled
    assert ("no DaemonSet was found" in found["refusal"]) is refused
    assert "gpu-1" in {item["node"] for item in found["expect"]} or refused
    dark = [] if owners else [{"node": "gpu-1", "resource": "nvidia.com/"}]
    assert found["doubtful"] == dark


@pytest.mark.parametrize(
    ("wish", "owners", "offered", "smoke"),
    [
        ({}, [], [], [{"resource": "nvidia.com/gpu", "runtime_class": "nvidia"}]),
        ({"runtime_class": ""}, [], [], [{"resource": "nvidia.com/gpu", "runtime_class": None}]),
        (
            {},
            [hami(kind="gpu-operator", runtime_class="nvidia-cdi")],
            ["nvidia.com/mig-1g.10gb", "nvidia.com/mig-2g.20gb"],
            [
                {"resource": "nvidia.com/mig-1g.10gb", "runtime_class": "nvidia-cdi"},
                {"resource": "nvidia.com/mig-2g.20gb", "runtime_class": "nvidia-cdi"},
            ],
        ),
        ({}, [hami()], [], []),
        ({"owner": "none"}, [], ["nvidia.com/gpu"], []),
    ],
    ids=["ours", "default runtime", "adopted", "adopted, nothing there yet", "left alone"],
)
def test_smoke_pods(wish: dict[str, Any], owners: list[Any], offered: list[str], smoke: list[Any]) -> None:
    gpu = {**GPU, "accelerators": [{"vendor": "nvidia", "resource": name, "count": 1} for name in offered]}
    wishes = {"nvidia": {**wish, "nodes": [{"selector": "pool=gpu"}]}}
    assert plan({"nodes": [gpu], "owners": owners}, wishes)["smoke"] == smoke


def test_devices_of_a_dra_driver_are_not_waited_for() -> None:
    found = plan({**FACTS, "owners": [hami(kind="dra")]}, {"nvidia": {"nodes": [{"selector": "pool=gpu"}]}})
    assert (found["vendors"]["nvidia"]["action"], found["vendors"]["nvidia"]["owner"]) == ("adopt", "dra")
    assert (found["expect"], found["smoke"], found["problems"]) == ([], [], [])


def test_chips_that_are_cut_are_asked_for_slices() -> None:
    sliced = {"vendor": "ascend", "resource": "huawei.com/Ascend910-2c", "count": 16}
    npu = {"name": "npu-1", "labels": {"pool": "npu"}, "arch": "arm64", "accelerators": [sliced]}
    wishes = {"ascend": {"nodes": [{"selector": "pool=npu", "chip": "910A"}]}}
    owner = {"kind": "mindcluster", "resource": "huawei.com/Ascend910", "managed": True, "nodes": ["npu-1"]}
    found = plan({"nodes": [npu], "owners": [owner]}, wishes)
    assert found["smoke"] == [{"resource": "huawei.com/Ascend910-2c", "runtime_class": "ascend"}]
    live = {"metadata": {"name": "npu-1"}, "status": {"allocatable": {"huawei.com/Ascend910-2c": "16"}}}
    assert unmet(found["expect"], [live]) == []


def test_devices_that_are_left_alone_are_not_doubted() -> None:
    wishes = {"nvidia": {"owner": "none", "nodes": [{"selector": "pool=gpu"}]}}
    assert plan({"nodes": [OFFERING]}, wishes)["doubtful"] == []


def test_what_must_be_gone_after_a_removal() -> None:
    ours = hami(kind="nvdp", managed=True)
    gone = plan({**FACTS, "owners": [ours, hami(nodes=["npu-1"])]}, {})["gone"]
    assert gone == [{"node": "gpu-1", "vendor": "nvidia", "resource": "nvidia.com/", "minimum": 0, "maximum": 0}]


def test_node_for_both_vendors() -> None:
    wishes = {"nvidia": {"nodes": [{"selector": "pool"}]}, "ascend": {"nodes": [{"selector": "pool=npu"}]}}
    messages = [item["message"] for item in plan(FACTS, wishes)["problems"]]
    assert messages == ["Node npu-1 is selected for nvidia and for ascend; one container runtime cannot serve both."]


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"nvidia": {"profile": {}}}, "device_plugin_nvidia: unknown key 'profile'; did you mean 'profiles'?"),
        ({"nvidia": {"owner": "nvpd"}}, "device_plugin_nvidia.owner: unknown owner 'nvpd'; did you mean 'nvdp'?"),
        ({"nvidia": ["x"]}, "must be a mapping such as"),
        ({"nvidia": {"nodes": ["x"]}}, "every entry needs a selector"),
        ({"nvidia": {"nodes": [{"selector": "a", "chip": "910B"}]}}, "unknown key 'chip'"),
        ({"nvidia": {"nodes": [{"selector": {"pool": "gpu"}}]}}, "selector {'pool': 'gpu'} is no text"),
        ({"nvidia": {"nodes": [{"selector": "a", "profile": ["x"]}]}}, "nodes: profile must be a text, not ['x']"),
        ({"nvidia": {"profiles": ["whole"]}}, "device_plugin_nvidia.profiles must be a mapping, not ['whole']"),
        ({"nvidia": {"gfd": "perhaps"}}, "device_plugin_nvidia.gfd must be true or false, not 'perhaps'"),
        ({"ascend": {"version": 26.1}}, "version is '26.1'; write all of its parts, such as 26.1.0"),
        ({"ascend": {"log_level": "debug"}}, "log_level must be a whole number, not 'debug'"),
        (
            {"nvidia": {"profiles": {"shared4": {}}, "nodes": [{"selector": "pool=gpu", "profile": "shard4"}]}},
            "device_plugin_nvidia.nodes: unknown profile 'shard4'; did you mean 'shared4'?",
        ),
        (
            {"nvidia": {"default_profile": "hole", "nodes": [{"selector": "pool=gpu"}]}},
            "device_plugin_nvidia.default_profile: unknown profile 'hole'; did you mean 'whole'?",
        ),
        ({"ascend": {"nodes": [{"selector": "pool=npu", "chip": "A100"}]}}, "unknown chip 'A100'"),
        ({"ascend": {"nodes": [{"selector": "pool=npu", "chip": "910B33"}]}}, "did you mean '910B3'?"),
    ],
)
def test_refused(wishes: dict[str, Any], message: str) -> None:
    with pytest.raises(DevicePlanError, match=re.escape(message)):
        plan(FACTS, wishes)


def test_options_that_come_as_texts() -> None:
    wishes = {"nvidia": {"gfd": "no", "allow_disruption": "true"}, "ascend": {"volcano": "False", "log_level": "-1"}}
    nvidia, ascend = (plan(FACTS, wishes)["vendors"][name]["options"] for name in ("nvidia", "ascend"))
    assert (nvidia["gfd"], nvidia["allow_disruption"]) == (False, True)
    assert (ascend["volcano"], ascend["log_level"]) == (False, -1)


def test_old_mindcluster_needs_to_know_the_chip() -> None:
    wishes = {"ascend": {"version": "26.0.0", "nodes": [{"selector": "pool=npu"}]}}
    assert "MindCluster 26.0.0 has one manifest per chip" in plan(FACTS, wishes)["problems"][0]["message"]
    labelled = {
        **NPU,
        "labels": {"pool": "npu", "node.kubernetes.io/npu.chip.name": "310P3"},
        "runtime": "docker://28.1",
    }
    found = plan({**FACTS, "nodes": [labelled]}, wishes)
    part = found["vendors"]["ascend"]
    assert found["problems"] == []
    assert (part["template"], part["families"], part["container_mode"]) == ("per_chip", ["Ascend310P"], "docker")
    assert part["image"].endswith("/ascend-k8sdeviceplugin:v26.0.0")


def test_unknown_chip_is_no_obstacle_since_the_manifest_is_one() -> None:
    found = plan(FACTS, {"ascend": {"nodes": [{"selector": "pool=npu"}]}})
    assert found["problems"] == []
    assert "accelerator" not in found["labels"]["npu-1"]
    assert found["expect"][0]["resource"] == "huawei.com/"


@pytest.mark.parametrize(
    ("chip", "family"),
    [
        ("910B3", "Ascend910"),
        ("Ascend910B3", "Ascend910"),
        ("910b4-1", "Ascend910"),
        ("Ascend910_9391", "Ascend910"),
        ("310P3", "Ascend310P"),
        ("310", "Ascend310"),
        ("Ascend950PR", "npu"),
        ("H100", None),
    ],
)
def test_chips(chip: str, family: Optional[str]) -> None:
    assert family_of_chip(chip) == family


@pytest.mark.parametrize("chip", ["910B3", "Ascend910b4-1", "910_9391", "950DT", "auto"])
def test_chips_as_they_are_spelled(chip: str) -> None:
    wishes = {"ascend": {"nodes": [{"selector": "pool=npu", "chip": chip}]}}
    assert plan(FACTS, wishes)["problems"] == []


def test_the_chip_is_read_from_devices() -> None:
    device = {"vendor": "ascend", "chip": "910B3", "count": 0}
    found = plan({"nodes": [{**NPU, "accelerators": [device]}]}, {"ascend": {"version": "26.0.0"}})
    assert found["vendors"]["ascend"]["families"] == ["Ascend910"]
