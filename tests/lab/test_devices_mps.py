"""GPUs shared by MPS: feature discovery marks the node, the control daemon starts there, the plugin waits for it.

The stand-in chart brings the three DaemonSets of NVIDIA's, under one set of labels as there; daemon and devices are
simulated, kubelet, labels, configuration and mounts are real.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lab import judge
from lab.api import wait

from tests.lab.devices import Devices, devices, nvidia_alone

__all__ = ["devices"]
pytestmark = pytest.mark.lab
NAMESPACE = "nvidia-device-plugin"
PROFILES = {"mps3": {"mps": {"replicas": 3, "rename": True}}}


def wish(profile: str) -> dict[str, Any]:
    return nvidia_alone(PROFILES, profile)


def pods(devices: Devices) -> set[str]:
    """The kinds of NVIDIA's pods that are there."""
    names = (pod["metadata"]["name"] for pod in devices.cluster.list("v1", "Pod", NAMESPACE))
    return {name.rpartition("-")[0] for name in names}


def test_a_client_of_mps_gets_pipe_and_memory(devices: Devices) -> None:
    code, _changed, text = devices.run("-t", "device_plugin", **wish("mps3"))
    assert code == 0, text
    offered, labels = devices.allocatable("lab-0"), devices.labels()["lab-0"]
    assert (offered["nvidia.com/gpu.shared"], offered.get("nvidia.com/gpu", 0)) == (4 * 3, 0)
    assert (labels["nvidia.com/mps.capable"], labels["nvidia.com/gpu.sharing-strategy"]) == ("true", "mps")
    assert {name.rpartition("nvidia-device-plugin-")[2] for name in pods(devices)} >= {
        "gpu-feature-discovery",
        "mps-control-daemon",
    }
    assert seen_by_a_client(devices) == "/mps/nvidia.com/gpu/pipe control 1 1"

    begin = judge.mark(Path(devices.facts["audit_log"]))
    code, changed, text = devices.run("-t", "device_plugin", **wish("mps3"))
    assert (code, changed, devices.writes(begin)) == (0, 0, 0), text

    code, _changed, text = devices.run("-t", "device_plugin", **wish("whole"))
    assert code == 0, text
    assert devices.allocatable("lab-0")["nvidia.com/gpu"] == 4
    wait("the daemon to go", lambda: not any("mps-control" in name for name in pods(devices)), 60)


def seen_by_a_client(devices: Devices) -> str:
    """What a pod with one share sees: the daemon's pipe, and its memory in place of the pod's own."""
    shm = "grep -c '%s /dev/shm ' /proc/self/mountinfo"
    said = f"d=$CUDA_MPS_PIPE_DIRECTORY; echo $d $(ls $d) $({shm % ''}) $({shm % 'mps/shm'})"
    container = {
        "name": "client",
        "image": "lab.registry/bb:1",
        "command": ["sh", "-c", said],
        "resources": {"limits": {"nvidia.com/gpu.shared": 1}},
    }
    spec = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container]}
    metadata = {"name": "mps-client", "namespace": "default"}
    devices.cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    try:
        wait("the client to end", lambda: devices.phase("mps-client") in {"Succeeded", "Failed"}, 60)
        return devices.cluster.logs("default", "mps-client").strip()
    finally:
        devices.cluster.delete("v1", "Pod", "mps-client", namespace="default")
