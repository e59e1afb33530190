# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Waiting for devices, and saying why they do not come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._devices import smoke as smoke_module
from ansible_collections.swift.k8s.plugins.module_utils._devices.allocatable import amount, rolled_out, unmet
from ansible_collections.swift.k8s.plugins.module_utils._devices.diagnosis import describe, hint, last_event, state
from ansible_collections.swift.k8s.plugins.module_utils._devices.smoke import given, pod, smoke
from ansible_collections.swift.k8s.plugins.module_utils._devices.wait import NotReadyError, look, wait

from .fakes import FakeCluster

READY = [{"type": "Ready", "status": "True"}]


def node(allocatable: dict[str, str], ready: bool = True, labels: Optional[dict[str, str]] = None) -> dict[str, Any]:
    status = {"allocatable": allocatable, "conditions": READY if ready else []}
    return {"metadata": {"name": "gpu-1", "labels": labels or {}}, "status": status}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("nvidia.com/gpu", 0),
        ("nvidia.com/gpu.shared", 32),
        ("nvidia.com/", 39),
        ("nvidia.com/mig-", 7),
        ("nvidia.com/mig-1g.10gb", 7),
        ("huawei.com/npu", 0),
        ("huawei.com/Ascend310P", 12),
        ("huawei.com/Ascend310", 0),
    ],
)
def test_amount(resource: str, expected: int) -> None:
    nvidia = {"nvidia.com/gpu": "0", "nvidia.com/gpu.shared": "32", "nvidia.com/mig-1g.10gb": "7"}
    cut = {"huawei.com/Ascend310P": "4", "huawei.com/Ascend310P-2c.1cpu": "8", "nvidia.com/mig-1g.10gb-me": "0"}
    assert amount({**nvidia, **cut, "cpu": "1900m"}, resource) == expected


LABEL = {"key": "nvidia.com/mig.config.state", "value": "success", "failed": "failed"}


@pytest.mark.parametrize(
    ("live", "expected", "reason", "hopeless"),
    [
        (node({"nvidia.com/gpu": "8"}), {"minimum": 8}, None, False),
        (node({"nvidia.com/gpu": "4"}), {"minimum": 8}, "4 of at least 8 nvidia.com/gpu allocatable", False),
        (node({"nvidia.com/gpu": "0"}), {}, "0 of at least 1", False),
        (node({}, ready=False), {}, "the node is not ready", False),
        (node({"nvidia.com/gpu": "8"}), {"label": LABEL}, "is not set, not success", False),
        (node({"nvidia.com/gpu": "8"}, labels={LABEL["key"]: "failed"}), {"label": LABEL}, "is failed", True),
        (node({"nvidia.com/gpu": "8"}, labels={LABEL["key"]: "success"}), {"label": LABEL}, None, False),
        (None, {}, "the node is gone", True),
        (None, {"minimum": 0, "maximum": 0}, None, False),
        (node({"nvidia.com/gpu": "8"}), {"minimum": 0, "maximum": 0}, "8 nvidia.com/gpu still allocatable", False),
        (node({"nvidia.com/gpu": "0"}), {"minimum": 0, "maximum": 0}, None, False),
        (node({"nvidia.com/gpu": "4"}), {"minimum": 4, "maximum": 4}, None, False),
        (
            node({"nvidia.com/gpu": "8"}),
            {"minimum": 4, "maximum": 4},
            "8 nvidia.com/gpu still allocatable, 4 at most expected",
            False,
        ),
    ],
)
def test_unmet(live: Any, expected: dict[str, Any], reason: Optional[str], hopeless: bool) -> None:
    found = unmet([{"node": "gpu-1", "resource": "nvidia.com/gpu", **expected}], [live] if live else [])
    assert [reason in str(item) for item in found if reason] == ([True] if reason else [])
    assert len(found) == (1 if reason else 0)
    assert [item.hopeless for item in found] == ([hopeless] if reason else [])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"observedGeneration": 2, "desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": 1}, True),
        ({"observedGeneration": 1, "desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": 1}, False),
        ({"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 1, "numberReady": 2}, False),
        ({"observedGeneration": 2, "desiredNumberScheduled": 1, "updatedNumberScheduled": 1}, False),
        ({}, False),
    ],
)
def test_rolled_out(status: dict[str, int], expected: bool) -> None:
    assert rolled_out({"metadata": {"generation": 2}, "status": status}) is expected


def plugin_pod(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "plugin-x", "namespace": "ndp"},
        "spec": {"nodeName": "gpu-1"},
        "status": {"phase": "Running", **status},
    }


CRASHING = plugin_pod(
    containerStatuses=[
        {"name": "nvidia-device-plugin-sidecar", "containerID": "a", "state": {"running": {}}},
        {
            "name": "ctr",
            "containerID": "b",
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
            "lastState": {"terminated": {"exitCode": 1}},
        },
    ]
)
EVENTS = [
    {"metadata": {"namespace": "ndp"}, "type": "Warning", "reason": "BackOff", "message": "b", "lastTimestamp": "2"},
    {"metadata": {"namespace": "ndp"}, "type": "Warning", "reason": "Failed", "message": "f", "eventTime": "1"},
    {"metadata": {"namespace": "ndp"}, "type": "Normal", "reason": "Pulled", "message": "p", "lastTimestamp": "3"},
]


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (CRASHING, "ctr CrashLoopBackOff: back-off 40s"),
        (plugin_pod(phase="Pending"), "Pending"),
        (plugin_pod(phase="Failed"), "Failed"),
        (
            plugin_pod(phase="Failed", reason="UnexpectedAdmissionError", message="Allocate failed"),
            "Failed, UnexpectedAdmissionError: Allocate failed",
        ),
        (
            plugin_pod(containerStatuses=[{"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}]),
            "Running",
        ),
        (
            plugin_pod(containerStatuses=[{"name": "c", "lastState": {"terminated": {"exitCode": 2}}}]),
            "c restarted after exit code 2",
        ),
    ],
)
def test_state(live: dict[str, Any], expected: str) -> None:
    assert state(live) == expected


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("Allocate failed due to rpc error: ... dial unix /x.sock: connect: no such file", "restart the kubelet"),
        ('no runtime for "nvidia" is configured', "no handler of that name"),
        ("Failed to initialize NVML: could not load NVML library", "sees no driver"),
        ("dcmi module initialize failed. ret is -8005", "npu-smi info"),
        ("flag provided but not defined: -useAscendDocker", "26.1 dropped"),
        ("ctr ImagePullBackOff", "cannot be pulled"),
        ("MountVolume.SetUp failed: hostPath type check failed: /etc/vnpu.cfg is not a file", "missing on the node"),
    ],
)
def test_hints(text: str, advice: str) -> None:
    assert advice in (hint(text) or "")


def test_description() -> None:
    assert "No pod of the plugin runs there" in describe(None, "", "")
    text = describe(CRASHING, last_event(EVENTS), "line 1\nno NVML\n")
    assert text.splitlines()[1] == "Event: BackOff: b"
    assert "  no NVML" in text
    assert text.endswith("runtime_class.")
    assert last_event([]) == ""


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


PARAMS: dict[str, Any] = {
    "expect": [{"node": "gpu-1", "resource": "nvidia.com/gpu", "minimum": 1}],
    "daemonsets": [],
    "plugins": [{"namespace": "ndp", "selector": "app=x"}],
    "wait_timeout": 10,
}


def test_only_nodes_that_lack_devices_are_looked_at_again() -> None:
    names = [f"n{number:02}" for number in range(30)]
    nodes = [{**node({"nvidia.com/gpu": "1"}), "metadata": {"name": name}} for name in names]
    nodes[7]["status"], asked = {}, []

    class Counting(FakeCluster):
        def list(self, api_version: str, kind: str, *more: Any, **options: Any) -> Any:
            asked.append("all")
            return super().list(api_version, kind, *more, **options)

        def get(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None) -> Any:
            asked.append(name)
            return next(item for item in nodes if item["metadata"]["name"] == name)

    def sleep(_seconds: float) -> None:
        if asked[-1] == "n07":
            nodes[7]["status"] = nodes[0]["status"]
        # A node that was fine loses its devices: it is noticed before the wait ends.
        nodes[3]["status"] = {} if len(asked) < 3 else nodes[0]["status"]

    expect = [{"node": name, "resource": "nvidia.com/gpu", "minimum": 1} for name in names]
    wait(Counting(Node=nodes), {**PARAMS, "expect": expect}, Clock(), sleep)
    assert asked == ["all", "n07", "n07", "all", "n03", "all"]


def test_devices_that_come() -> None:
    cluster, clock = FakeCluster(Node=[node({})]), Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        cluster.kinds["Node"] = [node({"nvidia.com/gpu": "8"})]

    assert wait(cluster, PARAMS, clock, sleep) == 1.0
    assert look(cluster, PARAMS) == ([], [])


@pytest.mark.parametrize(
    ("changed", "timeout", "later", "waited"),
    [
        (True, 90, 4, 8.125),
        (True, 90, 32, 23.125),  # as many shares as before, after all
        (True, 10, 32, 10.0),
        (False, 90, 4, 0.0),
    ],
)
def test_a_number_that_may_be_of_before(changed: bool, timeout: float, later: int, waited: float) -> None:
    cluster, clock = FakeCluster(Node=[node({"nvidia.com/gpu": "32"})]), Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now > 5:
            cluster.kinds["Node"] = [node({"nvidia.com/gpu": str(later)})]

    expect = [{**PARAMS["expect"][0], "before": 32}]
    params = {**PARAMS, "expect": expect, "changed": changed, "wait_timeout": timeout}
    assert wait(cluster, params, clock, sleep) == waited


def test_devices_that_do_not_come() -> None:
    cluster, clock = FakeCluster(Node=[node({})], Pod=[CRASHING], Event=EVENTS), Clock()
    cluster.log = "no NVML"
    with pytest.raises(NotReadyError) as caught:
        wait(cluster, PARAMS, clock, clock.sleep)
    text = str(caught.value)
    assert text.startswith("After 10 s devices are not as expected on 1 nodes: gpu-1: 0 of at least 1 nvidia.com/gpu")
    assert "On gpu-1: Pod ndp/plugin-x: ctr CrashLoopBackOff" in text
    assert "ctr: no NVML" in text


def test_a_hopeless_node_ends_the_wait_at_once() -> None:
    clock = Clock()
    with pytest.raises(NotReadyError, match="the node is gone"):
        wait(FakeCluster(), PARAMS, clock, clock.sleep)
    assert clock.now == 0


def test_no_pod_on_the_node() -> None:
    clock = Clock()
    with pytest.raises(NotReadyError, match="No pod of the plugin runs there"):
        wait(FakeCluster(Node=[node({})]), PARAMS, clock, clock.sleep)


def test_devices_that_a_kubelet_keeps() -> None:
    clock = Clock()
    params = {**PARAMS, "expect": [{**PARAMS["expect"][0], "minimum": 0, "maximum": 0}]}
    there = node({"nvidia.com/gpu": "8"})
    with pytest.raises(NotReadyError, match="any more, but the kubelet has not noticed: restart the kubelet"):
        wait(FakeCluster(Node=[there]), params, clock, clock.sleep)
    with pytest.raises(NotReadyError, match="On gpu-1: Pod ndp/plugin-x: ctr CrashLoopBackOff"):
        wait(FakeCluster(Node=[there], Pod=[CRASHING]), params, clock, clock.sleep)


def test_a_daemonset_that_does_not_roll_out() -> None:
    clock = Clock()
    params = {**PARAMS, "expect": [], "daemonsets": [{"namespace": "ndp", "name": "plugin"}]}
    waiting = plugin_pod(phase="Pending", containerStatuses=[{"name": "c"}])
    with pytest.raises(
        NotReadyError, match=r"DaemonSet ndp/plugin is not rolled out.*\nOn gpu-1: Pod ndp/plugin-x: Pending"
    ):
        wait(FakeCluster(Pod=[waiting]), params, clock, clock.sleep)


TEST = {
    "resource": "nvidia.com/gpu",
    "image": "bb:1",
    "namespace": "ms-swift",
    "runtime_class": "nvidia",
    "pull_secrets": ["r"],
}


def test_smoke_pod_is_restricted_and_asks_for_one() -> None:
    spec = pod(TEST)["spec"]
    assert spec["containers"][0]["resources"] == {"limits": {"nvidia.com/gpu": 1}}
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert (spec["runtimeClassName"], spec["imagePullSecrets"]) == ("nvidia", [{"name": "r"}])


def test_smoke() -> None:
    cluster = FakeCluster()
    cluster.log = "NVIDIA_VISIBLE_DEVICES=0\nnvidia0\n"
    assert smoke(cluster, TEST, 5)["output"] == ["NVIDIA_VISIBLE_DEVICES=0", "nvidia0"]
    assert cluster.deleted == ["device-smoke-x1"]


@pytest.mark.parametrize(
    ("resource", "output", "expected"),
    [
        ("nvidia.com/gpu", ["NVIDIA_VISIBLE_DEVICES=GPU-1", "nvidia0", "nvidiactl"], True),
        ("nvidia.com/gpu", ["NVIDIA_VISIBLE_DEVICES=GPU-1", "nvidiactl"], False),
        ("nvidia.com/mig-1g.10gb", ["nvidia12"], True),
        ("nvidia.com/gpu.shared", ["dxg"], True),
        ("nvidia.com/gpu", [], False),
        ("huawei.com/Ascend910", ["davinci7"], True),
        ("huawei.com/Ascend310P-4c", ["vdavinci100"], True),
        ("huawei.com/Ascend910", ["davinci_manager"], False),
        ("example.com/unknown", [], True),
    ],
)
def test_given(resource: str, output: list[str], expected: bool) -> None:
    assert given(resource, output) is expected


def test_a_device_that_the_runtime_does_not_inject() -> None:
    cluster = FakeCluster()
    cluster.log = "NVIDIA_VISIBLE_DEVICES=GPU-1\n"
    words = r"sees no device file, only NVIDIA_VISIBLE_DEVICES=GPU-1: .*runtime_class"
    with pytest.raises(NotReadyError, match=words):
        smoke(cluster, TEST, 5)
    assert smoke(cluster, {**TEST, "command": ["true"]}, 5)["output"] == ["NVIDIA_VISIBLE_DEVICES=GPU-1"]


def test_a_smoke_pod_that_fails_shows_the_plugins_last_words() -> None:
    cluster = FakeCluster(Pod=[CRASHING])
    cluster.pods_end, cluster.log = "Failed", "no NVML"
    with pytest.raises(NotReadyError, match=r"On gpu-1: Pod ndp/plugin-x: ctr CrashLoopBackOff(.|\n)*ctr: no NVML"):
        smoke(cluster, TEST, 5, PARAMS["plugins"])


def test_a_smoke_pod_that_its_kubelet_refuses_has_no_log() -> None:
    class Refusing(FakeCluster):
        def create(self, obj: Mapping[str, Any]) -> dict[str, Any]:
            made = super().create(obj)
            why = "Allocate failed due to rpc error: dial unix /x.sock: connect: no such file or directory"
            made["status"] = {"phase": "Failed", "reason": "UnexpectedAdmissionError", "message": why}
            return made

        def logs(self, *_place: Any, **_options: Any) -> str:
            raise AssertionError("the API server answers 400: container is not available")

    with pytest.raises(NotReadyError, match=r"UnexpectedAdmissionError: Allocate(.|\n)*restart the kubelet there"):
        smoke(Refusing(), TEST, 5)


@pytest.mark.parametrize(("end", "seconds"), [("Failed", 5), ("Pending", 0.05)])
def test_smoke_that_fails_is_removed_too(end: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke_module, "POLL_SECONDS", 0.01)
    cluster = FakeCluster()
    cluster.pods_end = end
    with pytest.raises(NotReadyError, match=r"asks for one nvidia\.com/gpu did not succeed"):
        smoke(cluster, TEST, seconds)
    assert cluster.deleted == ["device-smoke-x1"]
