"""The chart and preflight say the same about drivers, devices and images."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.vendors import vendor_of
from ansible_collections.swift.k8s.plugins.module_utils._constraints import cuda, images, published, settle, versions
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

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
    assert TABLE["nvidia"]["driver_supports"] == [list(row) for row in cuda.DRIVER_CUDA]
    assert TABLE["nvidia"]["published"] == [list(row) for row in cuda.PUBLISHED]
    # a CANN that is newer than its driver is a warning, so it stops no pod
    assert levels["cann-newer-than-driver"] == "warning"
    assert TABLE["ascend"]["toolkit_needs_driver"] == {}


@pytest.mark.parametrize("tag", ["cuda12.6.3-swift4.6.0", "cuda12.8.1-swift4.6.0", "cuda13.0.3-swift4.6.0", "4.6.0"])
def test_chart_and_preflight_agree_on_old_devices(render: Rendering, tag: str) -> None:
    least = images.requirements(f"r:{tag}").get("min_compute")
    refused = "compute capability 7.5" in render(**V100, image__tag=tag).error
    assert refused == (least is not None and (versions.compare("7.0", least) or 0) < 0)


def test_published_tags_are_those_that_the_chart_names() -> None:
    assert cuda.PUBLISHED[0][1] == published.ENGINES["nvidia"]["tag"]
    refusal = (POD.parents[1] / "templates/_validate.tpl").read_text(encoding="utf-8")
    assert cuda.PUBLISHED[-1][1] in refusal
    for made, tag in cuda.PUBLISHED:
        assert images.requirements(f"r:{tag}")["cuda_minor"] == made


def test_preflight_knows_the_images_that_the_chart_takes() -> None:
    chart = POD.parents[1]
    values = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))
    assert yaml.safe_load((chart / "files/images.yaml").read_text(encoding="utf-8")) == published.ENGINES
    assert yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))["appVersion"] == published.VERSION
    assert {key: value for key, value in values["proxy"]["image"].items() if value} == published.PROXY


GPU, NPU = "nvidia.com/gpu", "huawei.com/Ascend910"
MIRROR = {"registry": "mirror.site/x"}
VALUES: list[dict[str, Any]] = [
    {"accelerator": {"vendor": "nvidia"}},
    {"accelerator": {"vendor": "nvidia", "count": 2}, "image": {"repository": "r"}},
    {"accelerator": {"vendor": "nvidia", "resource": f"{GPU}.shared"}, "image": {"repository": "r", "tag": "9"}},
    {"accelerator": {"vendor": "ascend", "count": 4}, "image": MIRROR},
    {"accelerator": {"vendor": "cpu"}, "image": {"tag": "t"}},
    {"resources": {"limits": {GPU: 3, "nvidia.com/gpumem": 3000}}},
    {"resources": {"limits": {f"{NPU}B3": 1, f"{NPU}B3-memory": 9}}, "proxy": {"enabled": True}},
    {"resources": {"limits": {"nvidia": {"com/gpu": 2}}}, "proxy": {"enabled": True}, "image": MIRROR},
    {"accelerator": {"resource": "huawei.com/ascend-1980"}},
    {"accelerator": {"vendor": "cpu"}, "cache": {"seed": {"image": {"repository": "python", "tag": "3.11"}}}},
    {"accelerator": {"vendor": "nvidia"}, "task": "download"},
]


@pytest.mark.parametrize("values", VALUES, ids=str)
def test_preflight_knows_what_the_chart_asks_for(render: Rendering, values: dict[str, Any]) -> None:
    (release,) = settle.settle(normalise({"releases": [{"name": "q", "values": values}]}), {}, {})["releases"]
    found = render(values={"model": {"id": "Lab/M"}, **values})
    limits = found.engine["resources"]["limits"]
    devices = {name: int(count) for name, count in limits.items() if vendor_of(name)}
    assert devices == ({release["resource"]: release["count"]} if release["count"] else {})
    started = {item["image"] for part in ("containers", "initContainers") for item in found.pod.get(part) or []}
    assert found.engine["image"] == release["image_name"]
    assert started == set(release["images"])
