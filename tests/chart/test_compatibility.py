"""The chart and preflight say the same about drivers, devices and images."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._constraints import images, versions

from tests.chart.conftest import POD, ROOT, Rendering

COLLECTION = ROOT / "collections/ansible_collections/swift/k8s"
TABLE = json.loads((POD / "compatibility.json").read_text())
RULES = yaml.safe_load((COLLECTION / "roles/preflight/files/rules/releases.yml").read_text())
V100 = {"accelerator__vendor": "nvidia", "accelerator__compute": "7.0", "model__id": "Lab/M", "image__repository": "r"}


def test_pod_checks_what_preflight_refuses() -> None:
    levels = {rule["id"]: rule["level"] for rule in RULES}
    assert levels["driver-too-old"] == levels["compute-too-low"] == "error"
    assert TABLE["nvidia"]["toolkit_needs_driver"] == images.CUDA_DRIVER
    assert TABLE["nvidia"]["toolkit_needs_compute"] == [list(row) for row in images.CUDA_COMPUTE]
    # a CANN that is newer than its driver is a warning, so it stops no pod
    assert levels["cann-newer-than-driver"] == "warning"
    assert TABLE["ascend"]["toolkit_needs_driver"] == {}


@pytest.mark.parametrize("tag", ["cuda12.6.3-swift4.6.0", "cuda12.8.1-swift4.6.0", "cuda13.0.3-swift4.6.0", "4.6.0"])
def test_chart_and_preflight_agree_on_old_devices(render: Rendering, tag: str) -> None:
    least = images.requirements(f"r:{tag}").get("min_compute")
    refused = "compute capability 7.5" in render(**V100, image__tag=tag).error
    assert refused == (least is not None and (versions.compare("7.0", least) or 0) < 0)
