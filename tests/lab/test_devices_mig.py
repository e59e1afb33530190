"""MIG without a GPU Operator: the role brings mig-manager, which cuts simulated cards while their plugin is away.

The manager here is a stand-in under the real image's name. It follows the same label with the same rights, sends the
same clients away and writes the same states as NVIDIA's 0.15.0; what it cuts are simulated devices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from lab import judge
from lab.paths import Paths

from tests.lab.devices import Devices, devices, nvidia_alone

__all__ = ["devices"]
pytestmark = pytest.mark.lab
SLICES = "nodes/lab-0/kubelet/device-plugins/simulated/mig"
#: What mig-manager writes and nobody takes back.
WRITTEN = (
    "nvidia.com/mig.config.state",
    *(
        f"nvidia.com/gpu.deploy.{name}"
        for name in ("client", "device-plugin", "gpu-feature-discovery", "dcgm-exporter", "dcgm", "nvsm")
    ),
)
PROFILES = {
    "cut": {"mig": {"strategy": "mixed", "config": "all-3g.40gb"}},
    "alike": {"mig": {"strategy": "single", "config": "all-3g.40gb"}},
}
#: What GPU feature discovery says once the card is cut: the memory of a slice.
CUT = {"nvidia.com/mig-3g.40gb.memory": "40192"}


def wish(profile: str) -> dict[str, Any]:
    return nvidia_alone(PROFILES, profile, mig_manager=True)


@pytest.fixture
def cuttable(devices: Devices) -> Iterator[Devices]:
    """The lab, whose cards are whole again afterwards."""
    yield devices
    (Paths.here().run / SLICES).unlink(missing_ok=True)
    label(devices, dict.fromkeys((*WRITTEN, *CUT)))


def label(devices: Devices, labels: Mapping[str, str | None]) -> None:
    devices.cluster.patch("v1", "Node", "lab-0", {"metadata": {"labels": labels}})


def test_cards_are_cut_while_their_plugin_is_away(cuttable: Devices) -> None:
    code, _changed, text = cuttable.run("-t", "device_plugin", **wish("whole"))
    assert (code, cuttable.allocatable("lab-0")["nvidia.com/gpu"]) == (0, 4), text

    code, changed, text = cuttable.run("-t", "device_plugin", **wish("cut"))
    assert (code, changed > 0) == (0, True), text
    labels = cuttable.labels()["lab-0"]
    assert labels["nvidia.com/mig.config.state"] == "success"
    assert labels["nvidia.com/gpu.deploy.client"] == "true"
    offered = cuttable.allocatable("lab-0")
    assert (offered["nvidia.com/mig-3g.40gb"], offered["nvidia.com/gpu"]) == (4 * 2, 0)
    assert (Paths.here().run / SLICES).exists()
    pods = cuttable.cluster.list("v1", "Pod", "nvidia-device-plugin", label_selector="app=nvidia-mig-manager")
    log = cuttable.cluster.logs("nvidia-device-plugin", pods[0]["metadata"]["name"])
    assert "waiting for nvidia-device-plugin" in log

    label(cuttable, CUT)
    begin = judge.mark(Path(cuttable.facts["audit_log"]))
    code, changed, text = cuttable.run("-t", "device_plugin", **wish("cut"))
    assert (code, changed, cuttable.writes(begin)) == (0, 0, 0), text

    code, changed, text = cuttable.run("-t", "device_plugin", **wish("alike"))
    assert (code, changed > 0) == (0, True), text
    offered = cuttable.allocatable("lab-0")
    assert (offered["nvidia.com/gpu"], offered["nvidia.com/mig-3g.40gb"]) == (4 * 2, 0)
