# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Profiles of NVIDIA nodes."""

from __future__ import annotations

import re
from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.nvidia import NVIDIA
from ansible_collections.swift.k8s.plugins.module_utils._devices.mig import profile_of_config, resource_of
from ansible_collections.swift.k8s.plugins.module_utils._devices.problem import DevicePlanError
from ansible_collections.swift.k8s.plugins.module_utils._devices.profile import fits, parse


@pytest.mark.parametrize(
    ("given", "resource", "config"),
    [
        ({}, "nvidia.com/gpu", {"version": "v1", "flags": {"migStrategy": "none"}}),
        (
            {"time_slicing": {"replicas": 4, "rename": True}},
            "nvidia.com/gpu.shared",
            {
                "version": "v1",
                "flags": {"migStrategy": "none"},
                "sharing": {
                    "timeSlicing": {"renameByDefault": True, "resources": [{"name": "nvidia.com/gpu", "replicas": 4}]}
                },
            },
        ),
        (
            {"mps": {"replicas": 2, "fail_multiple": True}},
            "nvidia.com/gpu",
            {
                "version": "v1",
                "flags": {"migStrategy": "none"},
                "sharing": {
                    "mps": {
                        "renameByDefault": False,
                        "failRequestsGreaterThanOne": True,
                        "resources": [{"name": "nvidia.com/gpu", "replicas": 2}],
                    }
                },
            },
        ),
        (
            {"mig": {"strategy": "mixed", "config": "all-1g.10gb"}},
            "nvidia.com/mig-1g.10gb",
            {"version": "v1", "flags": {"migStrategy": "mixed"}},
        ),
        (
            {"mig": {"strategy": "single", "config": "all-1g.10gb"}},
            "nvidia.com/gpu",
            {"version": "v1", "flags": {"migStrategy": "single"}},
        ),
    ],
)
def test_profile(given: dict[str, Any], resource: str, config: dict[str, Any]) -> None:
    profile = parse("p", given)
    assert profile.resource == resource
    assert profile.config() == config


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "must be a mapping"),
        ({"timeslicing": {"replicas": 4}}, "unknown key 'timeslicing'; did you mean 'time_slicing'?"),
        ({"time_slicing": {"replicas": 4}, "mps": {"replicas": 2}}, "has mps and time_slicing"),
        ({"time_slicing": {}}, "replicas is None"),
        ({"time_slicing": {"replicas": 1}}, "replicas is 1; sharing needs a whole number from 2 on"),
        ({"time_slicing": {"replicas": True}}, "replicas is True"),
        ({"mps": {"replicas": 49}}, "at most 48 clients"),
        ({"mps": {"replica": 2}}, "did you mean 'replicas'"),
        ({"mps": 4}, "must be a mapping of replicas"),
        ({"mig": {"strategy": "mixd"}}, "did you mean 'mixed'"),
        ({"mig": {"strategy": "single", "config": "all-balanced"}}, "needs equal slices"),
        ({"mig": {"config": "all-1g.10gb+me"}}, "which no label of a node can be"),
        ({"mig": {"config": ["all-1g.10gb"]}}, "mig.config must be a text"),
        ({"time_slicing": {"replicas": 4, "rename": "maybe"}}, "rename must be true or false, not 'maybe'"),
    ],
)
def test_refused(given: Any, message: str) -> None:
    with pytest.raises(DevicePlanError, match=re.escape(message)):
        parse("p", given)


@pytest.mark.parametrize(("rename", "resource"), [("no", "nvidia.com/gpu"), ("True", "nvidia.com/gpu.shared")])
def test_flags_that_come_as_texts(rename: str, resource: str) -> None:
    profile = parse("p", {"mps": {"replicas": 4, "rename": rename, "fail_multiple": "off"}})
    assert (profile.resource, profile.fail_multiple) == (resource, False)


@pytest.mark.parametrize("name", ["my profile", "geteilt-\N{LATIN SMALL LETTER U WITH DIAERESIS}", "-a", "a" * 64])
def test_names_that_no_label_can_carry(name: str) -> None:
    with pytest.raises(DevicePlanError, match="no label of a node can be"):
        parse(name, {})


def node(product: Optional[str], memory_mib: int = 0, compute: Optional[str] = None) -> dict[str, Any]:
    device = {"vendor": "nvidia", "product": product, "memory_mib": memory_mib, "compute": compute}
    return {"name": "n", "accelerators": [{"vendor": "ascend"}, device]}


@pytest.mark.parametrize(
    ("given", "on", "message"),
    [
        ({"mps": {"replicas": 48}}, node("Tesla-T4", compute="7.5"), None),
        (
            {"mps": {"replicas": 17}},
            node("Tesla-V100-SXM2-16GB", compute="7.0"),
            "compute capability 7.0, which allows 16",
        ),
        ({"mps": {"replicas": 16}}, node("Tesla-V100-SXM2-16GB", compute="7.0"), None),
        ({"mps": {"replicas": 48}}, node(None), None),
        ({"mig": {"config": "all-1g.10gb"}}, node("NVIDIA-A100-SXM4-80GB", 81920), None),
        (
            {"mig": {"config": "all-3g.40gb"}},
            node("NVIDIA-A100-SXM4-40GB", 40960),
            "3g.40gb, which NVIDIA-A100-SXM4-40GB",
        ),
        ({"mig": {"config": "all-1g.10gb"}}, node("Tesla-T4", 15360), "which Tesla-T4 does not have"),
        # A card that is cut tells the memory of its slices.
        ({"mig": {"config": "all-3g.40gb"}}, node("NVIDIA-A100-SXM4-80GB", 40192), None),
        ({"mig": {"config": "all-3g.47gb"}}, node("NVIDIA-H100-NVL", 95830), None),
        ({"mig": {"config": "all-3g.48gb"}}, node("NVIDIA-H100-NVL", 95830), "which NVIDIA-H100-NVL does not have"),
        ({"mig": {"config": "all-1g.18gb"}}, node("NVIDIA-GH200-480GB", 97871), "which NVIDIA-GH200-480GB does not"),
        ({"mig": {"config": "all-1g.23gb"}}, node("NVIDIA-GB200", 189471), "which NVIDIA-GB200 does not have"),
        ({"mig": {"config": "all-1g.99gb"}}, node("NVIDIA-Next-Year", 999999), None),
        (
            {"mig": {"config": "all-balanced"}},
            node("Tesla-T4", 15360),
            "cuts into slices, which Tesla-T4 does not have",
        ),
        ({"mig": {}}, node("Tesla-T4", 15360), "cuts into slices, which Tesla-T4 does not have"),
        ({"mig": {"config": "all-disabled"}}, node("Tesla-T4", 15360), None),
        ({"mig": {"config": "all-balanced"}}, node("NVIDIA-A100-SXM4-80GB", 81920), None),
        ({"mig": {"config": "all-1g.8gb"}}, node("NVIDIA-A100-SXM-64GB", 65536), None),
        ({"mig": {"config": "all-1g.5gb"}}, node("NVIDIA-RTX-A1000", 8192), None),
        ({}, node("Tesla-T4", 15360), None),
    ],
)
def test_fits(given: dict[str, Any], on: dict[str, Any], message: Optional[str]) -> None:
    problem = fits(parse("p", given), on)
    assert (problem is None) if message is None else (problem is not None and message in problem.message)


@pytest.mark.parametrize(
    ("product", "largest"),
    [
        ("NVIDIA-A30", "4g.24gb"),
        ("NVIDIA-A100-SXM4-40GB", "7g.40gb"),
        ("NVIDIA-A800-80GB-PCIe", "7g.80gb"),
        ("NVIDIA-H100-80GB-HBM3", "7g.80gb"),
        ("NVIDIA-H800-NVL", "7g.94gb"),
        ("NVIDIA-H20", "7g.96gb"),
        ("NVIDIA-H200-NVL", "7g.141gb"),
        ("NVIDIA-GH200-480GB", "7g.96gb"),
        ("NVIDIA-GH200-144G-HBM3e", "7g.144gb"),
        ("NVIDIA-B200", "7g.180gb"),
        ("NVIDIA-GB200", "7g.189gb"),
        ("NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition", "4g.96gb"),
        ("NVIDIA-GeForce-RTX-4090", None),
    ],
)
def test_slices(product: str, largest: Optional[str]) -> None:
    known = NVIDIA.known(product)
    assert known is not None
    assert known.slices is not None
    assert (known.slices[-1] if known.slices else None) == largest


def test_mig_configurations() -> None:
    assert profile_of_config("all-1g.10gb+me") == "1g.10gb"
    assert profile_of_config("custom") is None
    assert resource_of("all-1g.10gb+me") == "nvidia.com/mig-1g.10gb.me"
    assert resource_of("all-balanced") == "nvidia.com/mig-"
    assert resource_of("all-disabled") == "nvidia.com/gpu"
