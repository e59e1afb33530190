# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What events, operators, exporters and webhooks tell."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints import signs

from .._devices.fakes import FakeCluster

CONTAINERD = 'Failed to create pod sandbox: failed to get sandbox runtime: no runtime for "nvidia" is configured'
CRIO = "Failed to create pod sandbox: rpc error: failed to find runtime handler nvidia from runtime list map[runc:0xc0]"
MOUNT = "MountVolume.SetUp failed for volume: hostPath type check failed: /etc/vnpu.cfg is not a file"
Objects = list[dict[str, Any]]


def event(message: str, reason: str = "FailedCreatePodSandBox", **more: Any) -> dict[str, Any]:
    return {"reason": reason, "message": message, "source": {"host": "gpu-1"}, **more}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([event(CONTAINERD)], {"gpu-1": "nvidia"}),
        ([event(CONTAINERD.replace('"', '\\"'))], {"gpu-1": "nvidia"}),
        ([event(CRIO, source={}, reportingInstance="gpu-2")], {"gpu-2": "nvidia"}),
        ([event("Failed to create pod sandbox: plugin type=calico failed")], {}),
        ([event(CONTAINERD, source={})], {}),
        ([], {}),
    ],
)
def test_nodes_without_a_runtime(events: Objects, expected: dict[str, str]) -> None:
    assert signs.no_runtime(events) == expected


def test_pods_that_are_stuck() -> None:
    def about(pod: str, text: str, time: str, reason: str = "FailedMount") -> dict[str, Any]:
        return event(text, reason, involvedObject={"name": pod}, lastTimestamp=time)

    events = [
        about("plugin-b", "Back-off pulling image x: ErrImagePull", "2026-05-01T00:00:02Z", "Failed"),
        about("plugin-b", MOUNT, "2026-05-01T00:00:01Z"),
        about("plugin-a", MOUNT, "2026-05-01T00:00:00Z"),
        about("plugin-c", "Readiness probe failed", "2026-05-01T00:00:00Z", "Unhealthy"),
    ]
    found = signs.stuck(events)
    assert found == {
        "plugin-a": f"FailedMount: {MOUNT}",
        "plugin-b": "Failed: Back-off pulling image x: ErrImagePull",
    }
    assert signs.trouble({"namespace": "kube-system", "name": "plugin"}, {"kube-system": found}) == {
        "pods": 2,
        "text": "Failed: Back-off pulling image x: ErrImagePull",
        "advice": "The image cannot be pulled: set image, pull_secrets or swift_k8s_registry.",
    }
    for other in ({"namespace": "kube-system", "name": "plug"}, {"namespace": "x", "name": "plugin"}):
        assert signs.trouble(other, {"kube-system": found}) == {}


@pytest.mark.parametrize(
    ("item", "state", "message", "driver"),
    [
        ({"status": {"state": "ready"}}, "ready", "no message", True),
        (
            {
                "spec": {"driver": {"enabled": False}},
                "status": {"state": "notReady", "conditions": [{"type": "Error", "status": "True", "message": "x"}]},
            },
            "notReady",
            "x",
            False,
        ),
        ({}, None, "no message", True),
    ],
)
def test_the_gpu_operators_state(item: dict[str, Any], state: Optional[str], message: str, driver: bool) -> None:
    found = signs.operator({"metadata": {"name": "gpus"}, **item})
    assert (found["state"], found["message"], found["driver"]) == (state, message, driver)


@pytest.mark.parametrize(
    ("arguments", "mode"),
    [
        (["umask 027; npu-exporter -port=8082 -containerMode=containerd -logLevel=0"], "containerd"),
        (["npu-exporter -port=8082"], "docker"),
        (None, "docker"),
    ],
)
def test_how_the_exporter_reaches_the_runtime(arguments: Any, mode: str) -> None:
    spec = {"template": {"spec": {"containers": [{"args": arguments}]}}}
    nodes = [
        {"runtime": "containerd://2.1.4", "accelerators": [{"vendor": "ascend"}]},
        {"runtime": "docker://28.0", "accelerators": [{"vendor": "nvidia"}]},
    ]
    cluster = FakeCluster(DaemonSet=[{"metadata": {"name": "npu-exporter", "namespace": "n"}, "spec": spec}])
    (found,) = signs.exporters(cluster, nodes)
    assert (found["mode"], found["runtimes"]) == (mode, ["containerd"])
    assert signs.exporters(cluster, nodes[1:]) == []


def hook(name: str, resources: list[str], **more: Any) -> dict[str, Any]:
    service = {"service": {"name": "hami", "namespace": "kube-system"}}
    return {
        "name": name,
        "clientConfig": service,
        "rules": [{"operations": ["CREATE"], "resources": resources}],
        **more,
    }


class Cluster:
    """A cluster with webhooks of which one's service has no ready pod."""

    def __init__(self, ready: bool) -> None:
        self.ready = ready
        self.asked: list[tuple[str, Optional[str], Optional[str]]] = []

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: Optional[str] = None,
        label_selector: Optional[str] = None,
        field_selector: Optional[str] = None,
    ) -> Objects:
        self.asked.append((kind, namespace, field_selector or label_selector))
        if kind == "MutatingWebhookConfiguration":
            hooks = [hook("pods", ["pods"], failurePolicy="Ignore"), hook("jobs", ["jobs"]), hook("all", ["*"])]
            return [{"webhooks": [*hooks, {**hook("url", ["pods"]), "clientConfig": {"url": "https://x"}}]}]
        if kind == "EndpointSlice":
            return [{"endpoints": [{"conditions": {"ready": self.ready}}]}]
        return []


@pytest.mark.parametrize("ready", [True, False])
def test_webhooks_that_pods_pass(ready: bool) -> None:
    found = [(one["subject"], one["endpoints"], one["consequence"]) for one in signs.webhooks(Cluster(ready))]
    assert found == [
        ("webhook pods", int(ready), "pods are created without it"),
        ("webhook all", int(ready), "no pod can be created"),
    ]


def test_only_what_can_be_there_is_asked_for() -> None:
    bare, full = Cluster(True), Cluster(True)
    assert signs.signs(bare, {})["operators"] == []
    assert "ClusterPolicy" not in {kind for kind, _namespace, _selector in bare.asked}
    facts = {
        "apis": ["nvidia.com/v1"],
        "owners": [{"namespace": "gpu-operator"}, {"namespace": ""}],
        "nodes": [{"accelerators": [{"vendor": "ascend"}]}],
    }
    signs.signs(full, facts)
    extra = {asked for asked in full.asked if asked not in bare.asked}
    assert extra == {
        ("ClusterPolicy", None, None),
        ("DaemonSet", None, "metadata.name=npu-exporter"),
        ("Event", "gpu-operator", "type=Warning,involvedObject.kind=Pod"),
    }


MPS = {"nvidia.com/gpu.sharing-strategy": "mps"}


@pytest.mark.parametrize(
    ("nodes", "states", "expected"),
    [
        ([], [(2, 2)], []),
        ([{"ready": True, "labels": {}}, {"ready": False, "labels": MPS}], [], []),
        ([{"ready": True, "labels": MPS}] * 2, [], [(2, 0, 0)]),
        ([{"ready": True, "labels": MPS}] * 2, [(1, 1), (1, 0)], [(2, 2, 1)]),
    ],
)
def test_daemons_that_nodes_shared_by_mps_need(
    nodes: Objects, states: list[tuple[int, int]], expected: list[tuple[int, int, int]]
) -> None:
    cluster = FakeCluster(
        DaemonSet=[
            {"metadata": {"name": "nvdp-nvidia-device-plugin"}, "status": {"numberReady": 9}},
            *(
                {
                    "metadata": {"name": "nvdp-nvidia-device-plugin-mps-control-daemon"},
                    "status": {"desiredNumberScheduled": desired, "numberReady": ready},
                }
                for desired, ready in states
            ),
        ]
    )
    found = [(item["nodes"], item["desired"], item["ready"]) for item in signs.mps_daemons(cluster, nodes)]
    assert found == expected
