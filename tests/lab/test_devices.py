"""Device plugins on two real kubelets: installed, unchanged, shared, upgraded, adopted, refused, removed without trace.

The devices are simulated; charts, manifests, labels, kubelets and their device-plugin sockets are real.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Optional

import pytest
from lab import judge
from lab.api import wait

from tests.lab.devices import ASCEND, CHART, NVIDIA, Devices, bare, devices, nvidia_alone
from tests.lab.object_list import object_list

__all__ = ["bare", "devices"]
pytestmark = pytest.mark.lab


def settled(devices: Devices) -> list[str]:
    """Objects, once pods and ReplicaSets that are going are gone."""
    for _second in range(60):
        found = [line for line in object_list(devices.cluster) if "device-plugin" in line]
        if not found:
            break
        time.sleep(1)
    return [line for line in object_list(devices.cluster) if line.split()[0] not in {"Pod", "Job", "Secret"}]


@pytest.mark.usefixtures("bare")
def test_both_vendors_and_back(devices: Devices) -> None:
    before, labels = settled(devices), devices.labels()
    begin = judge.mark(Path(devices.facts["audit_log"]))
    code, forecast, text = devices.run("--check")
    assert (code, devices.writes(begin)) == (0, 0), text
    code, changed, text = devices.run()
    assert (code, changed) == (0, forecast), text
    assert devices.allocatable("lab-0")["nvidia.com/gpu"] > 0
    assert devices.allocatable("lab-1")["huawei.com/Ascend910"] > 0
    begin = judge.mark(Path(devices.facts["audit_log"]))
    code, changed, text = devices.run()
    assert (code, changed, devices.writes(begin)) == (0, 0, 0), text
    assert devices.remove()[0] == 0
    assert devices.remove()[1] == 0
    assert (settled(devices), devices.labels()) == (before, labels)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"device_plugin_nvidia": {"nodes": [{"selector": "pool=nowhere"}]}}, "matches none of 2 nodes"),
        ({"device_plugin_nvidia": {"profiles": {"a": {"mps": {"replicas": 99}}}}}, "at most 48 clients"),
        (
            {"device_plugin_ascend": {"nodes": [{"selector": "lab=real", "chip": "910B3"}]}},
            "is selected for nvidia",
        ),
        ({"device_plugin_ascend": {"nodes": [{"selector": "lab=real", "chip": "910B33"}]}}, "unknown chip '910B33'"),
        ({"device_plugin_nvida": {}}, "did you mean device_plugin_nvidia?"),
        ({"swift_k8s_cluster_uid": "another"}, "another cluster than the inventory says"),
        ({"preflight_images": ["lab.registry/nothing:1"]}, "The registry does not have this image"),
    ],
)
def test_wrong_wishes_are_refused_before_anything_is_touched(
    devices: Devices, variables: dict[str, Any], words: str
) -> None:
    begin = judge.mark(Path(devices.facts["audit_log"]))
    registries = {"lab.registry": devices.registry, "nvcr.io": devices.registry}
    registries["swr.cn-south-1.myhuaweicloud.com"] = devices.registry
    code, changed, text = devices.run(**{"preflight_registries": registries, **variables})
    assert (code, changed, devices.writes(begin)) == (2, 0, 0), text
    assert words in " ".join(text.split())


def test_sharing_and_a_smoke_pod_for_each_kind_of_device(devices: Devices) -> None:
    whole = devices.run()
    assert whole[0] == 0, whole[2]
    count = devices.allocatable("lab-0")["nvidia.com/gpu"]
    shared = {
        **NVIDIA,
        "profiles": {"shared4": {"time_slicing": {"replicas": 4, "rename": True}}},
        "nodes": [{"selector": "lab.swift.k8s/devices=nvidia", "profile": "shared4"}],
    }
    variables = {"device_plugin_nvidia": shared, "device_plugin_smoke_image": "lab.registry/bb:1"}
    code, changed, text = devices.run("-v", device_plugin_smoke=True, **variables)
    assert (code, changed) == (0, 2), text
    assert "NVIDIA_VISIBLE_DEVICES=" in text
    assert "davinci" in text
    offered = devices.allocatable("lab-0")
    assert (offered["nvidia.com/gpu.shared"], offered["nvidia.com/gpu"]) == (4 * count, 0)
    assert devices.run(**variables)[1] == 0


@pytest.fixture
def uncounted(devices: Devices) -> Iterator[Devices]:
    """A lab whose GPUs nobody counts."""
    label(devices, "nvidia.com/gpu.count", None)
    yield devices
    label(devices, "nvidia.com/gpu.count", "4")


def label(devices: Devices, key: str, value: Optional[str]) -> None:
    devices.cluster.patch("v1", "Node", "lab-0", {"metadata": {"labels": {key: value}}})


def test_back_to_whole_devices_where_nobody_counts_them(uncounted: Devices) -> None:
    profiles = {"shared4": {"time_slicing": {"replicas": 4}}}
    for profile, count in (("shared4", 16), ("whole", 4)):
        code, _changed, text = uncounted.run("-t", "device_plugin", **nvidia_alone(profiles, profile))
        assert code == 0, text
        assert uncounted.allocatable("lab-0")["nvidia.com/gpu"] == count


def test_mindcluster_back_and_forth(devices: Devices) -> None:
    for version in ("26.1.0", "26.0.0", "26.1.0"):
        code, changed, text = devices.run(device_plugin_ascend={**ASCEND, "version": version})
        assert (code, changed > 0) == (0, True), text
        assert devices.allocatable("lab-1")["huawei.com/Ascend910"] > 0
        assert devices.run(device_plugin_ascend={**ASCEND, "version": version})[1] == 0


class Foreign:
    """Somebody else's installation of NVIDIA's plugin."""

    def __init__(self, kubeconfig: str) -> None:
        self.helm = ["helm", "--kubeconfig", kubeconfig, "-n", "kube-system"]

    def install(self) -> None:
        options = ["--set", "runtimeClassName=null", "--wait"]
        subprocess.run([*self.helm, "install", "theirs", str(CHART), *options], check=True)

    def remove(self) -> None:
        """Its pods go later than its DaemonSet, and the node's report of devices later than these."""
        subprocess.run([*self.helm, "uninstall", "theirs", "--ignore-not-found"], check=True)


@pytest.fixture
def foreign(bare: Devices) -> Iterator[Foreign]:
    there = Foreign(bare.facts["kubeconfig"])
    there.install()
    # The kubelet reports devices with its next status, some seconds after the plugin is ready.
    wait("theirs to offer devices", lambda: bare.allocatable("lab-0").get("nvidia.com/gpu", 0) > 0, 60)
    yield there
    there.remove()


@pytest.mark.usefixtures("foreign")
def test_what_is_there_is_adopted_and_a_rival_refused(devices: Devices) -> None:
    only = {"device_plugin_ascend": {"owner": "none"}}
    begin = judge.mark(Path(devices.facts["audit_log"]))
    code, changed, text = devices.run(**only)
    assert (code, changed, devices.writes(begin)) == (0, 0, 0), text
    code, changed, text = devices.run(device_plugin_nvidia={**NVIDIA, "owner": "nvdp"}, **only)
    assert (code, changed) == (2, 0)
    assert "(kube-system/theirs-nvidia-device-plugin) already owns nvidia.com/gpu" in " ".join(text.split())


def test_the_last_report_of_a_plugin_that_is_gone_is_not_believed(devices: Devices, foreign: Foreign) -> None:
    foreign.remove()
    assert devices.allocatable("lab-0")["nvidia.com/gpu"] > 0
    code, changed, text = devices.run("-t", "device_plugin", device_plugin_ascend={"owner": "none"})
    assert (code, changed > 0) == (0, True), text
    assert devices.allocatable("lab-0")["nvidia.com/gpu"] > 0
    assert [pod["status"]["phase"] for pod in devices.cluster.list("v1", "Pod", "nvidia-device-plugin")] == ["Running"]
    assert devices.run("-t", "device_plugin", device_plugin_ascend={"owner": "none"})[1] == 0


@pytest.fixture
def holder(devices: Devices) -> Iterator[None]:
    """A pod that holds one of NVIDIA's devices."""
    assert devices.run(device_plugin_ascend={"owner": "none"})[0] == 0
    container = {
        "name": "holder",
        "image": "lab.registry/bb:1",
        "command": ["sleep", "600"],
        "resources": {"limits": {"nvidia.com/gpu": 1}},
    }
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    metadata = {"name": "holder", "namespace": "default"}
    devices.cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    wait("the pod to hold its device", lambda: devices.phase("holder") == "Running", 60)
    yield
    devices.cluster.delete("v1", "Pod", "holder", namespace="default")


@pytest.mark.usefixtures("holder")
def test_devices_that_pods_hold_stay(devices: Devices) -> None:
    profiles = {"s": {"time_slicing": {"replicas": 4, "rename": True}}}
    shared: dict[str, Any] = {**NVIDIA, "profiles": profiles, "default_profile": "s"}
    begin = judge.mark(Path(devices.facts["audit_log"]))
    code, changed, text = devices.run(device_plugin_nvidia=shared, device_plugin_ascend={"owner": "none"})
    assert (code, changed, devices.writes(begin)) == (2, 0, 0), text
    assert "Pods hold 1 nvidia.com/gpu on lab-0" in " ".join(text.split())
    code, changed, text = devices.run("-t", "device_plugin", device_plugin_state="absent")
    assert (code, changed, devices.writes(begin)) == (2, 0, 0), text
    assert "Pods hold 1 nvidia.com/gpu on lab-0, which would lose the device plugin" in " ".join(text.split())
    shared["allow_disruption"] = True
    assert devices.run(device_plugin_nvidia=shared, device_plugin_ascend={"owner": "none"})[0] == 0
    assert devices.allocatable("lab-0")["nvidia.com/gpu.shared"] > 0


@pytest.mark.usefixtures("bare")
def test_two_operators_at_once(devices: Devices) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _number: devices.run(), range(2)))
    if any(code for code, _changed, _text in runs):
        # The one who came second may be sent away; then he is told why, and the run after that finds nothing to do.
        assert [code for code, _changed, _text in runs].count(0) == 1, runs
    code, changed, text = devices.run()
    assert (code, changed) == (0, 0), text
    assert devices.allocatable("lab-0")["nvidia.com/gpu"] > 0
    assert devices.allocatable("lab-1")["huawei.com/Ascend910"] > 0


@pytest.mark.usefixtures("bare")
def test_devices_that_do_not_come(devices: Devices) -> None:
    code, _changed, text = devices.run(
        device_plugin_ascend={**ASCEND, "version": "26.0.0", "image": "lab.registry/bb:1"},
        device_plugin_nvidia={"owner": "none"},
        device_plugin_wait_timeout=15,
    )
    assert code == 2
    assert "lab-1: 0 of at least 1 huawei.com/Ascend910 allocatable" in text
    assert "On lab-1: Pod kube-system/ascend-device-plugin-daemonset-" in text
    # The image is busybox, which has no device-plugin: the pod's own words.
    assert "device-plugin: not found" in text
