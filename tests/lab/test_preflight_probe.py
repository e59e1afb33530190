"""Probe pods on two real kubelets: what a pod sees that asked for a device. The devices are simulated."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from lab import judge

from tests.lab.devices import Devices, devices

__all__ = ["devices"]
pytestmark = pytest.mark.lab
PROBE = {
    "preflight_probe": True,
    "preflight_probe_image": "lab.registry/python:3.11",
    "preflight_check_images": False,
    "swift_k8s_namespace": "default",
    "ms_swift_releases": [
        {"name": vendor, "values": {"accelerator": {"vendor": vendor}}} for vendor in ("nvidia", "ascend")
    ],
}


@pytest.fixture(scope="module")
def served(devices: Devices) -> Devices:
    """The lab with both device plugins."""
    code, _changed, text = devices.run()
    assert code == 0, text
    return devices


def test_pods_tell_what_the_api_cannot(served: Devices) -> None:
    addresses = ["kubernetes.default:443", "no-such-name.invalid:443", "kubernetes.default:444"]
    begin = judge.mark(Path(served.facts["audit_log"]))
    code, changed, text = served.run("-t", "preflight", preflight_probe_addresses=addresses, **PROBE)
    words = " ".join(text.split())
    assert changed == 0, text
    assert "probe-failed" not in words, text
    assert "Pods cannot resolve no-such-name.invalid" in words, text
    assert "kubernetes.default:444 (" in words, text
    # the table breaks subjects over lines, beside their messages
    assert "nvidia.com/gpu in" in words, text
    assert "huawei.com/Ascend910" in words, text
    assert "sees none" not in words, text
    assert code == 0, text
    time.sleep(0.5)
    lines = judge.lines_since(Path(served.facts["audit_log"]), begin)
    mine = [one for one in map(judge.parse, lines) if one.user == judge.USER and one.write]
    assert sorted(one.verb for one in mine) == ["create", "create", "delete", "delete"]


def test_an_image_without_python(served: Devices) -> None:
    code, _changed, text = served.run("-t", "preflight", **{**PROBE, "preflight_probe_image": "lab.registry/bb:1"})
    assert code == 2
    assert "name an image with python3 in preflight_probe_image" in " ".join(text.split())
