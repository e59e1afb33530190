# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What nodes must offer once a profile holds."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._devices.profile import Profile
from ansible_collections.swift.k8s.plugins.module_utils._devices.shares import bounds

WHOLE, TWO = Profile("whole", "whole"), Profile("two", "mps", 2)
LABELS = {"nvidia.com/gpu.count": "4"}
SHARED = {**LABELS, "nvidia.com/gpu.replicas": "2"}


def exactly(number: int) -> dict[str, int]:
    return {"minimum": number, "maximum": number}


#: labels, what the node offers now, its next profile -> what it must offer then
CASES: list[tuple[dict[str, str], dict[str, int], Profile, dict[str, int]]] = [
    (SHARED, {"nvidia.com/gpu": 8}, WHOLE, exactly(4)),
    (SHARED, {"nvidia.com/gpu.shared": 8}, WHOLE, exactly(4)),
    (LABELS, {"nvidia.com/gpu": 8}, WHOLE, exactly(4)),  # time-slicing, which nobody labels
    (LABELS, {"nvidia.com/gpu": 4}, TWO, exactly(8)),
    (LABELS, {"nvidia.com/gpu": 4}, WHOLE, exactly(4)),
    # labels that the last feature discovery left behind
    (SHARED, {"nvidia.com/gpu": 4}, WHOLE, {"minimum": 1, "maximum": 4, "before": 4}),
    ({"nvidia.com/gpu.count": "3"}, {"nvidia.com/gpu": 8}, WHOLE, {"minimum": 1, "before": 8}),
    # a GPU is broken
    (LABELS, {"nvidia.com/gpu": 3}, WHOLE, {"minimum": 1, "maximum": 4, "before": 3}),
    (SHARED, {"nvidia.com/gpu": 6}, TWO, {"minimum": 2, "maximum": 8, "before": 6}),
    # nothing is known
    ({}, {"nvidia.com/gpu": 8}, WHOLE, {"minimum": 1, "before": 8}),
    ({}, {"nvidia.com/gpu.shared": 8}, WHOLE, {"minimum": 1}),
    ({}, {"nvidia.com/gpu": 1}, TWO, {"minimum": 2}),
    (LABELS, {}, TWO, {"minimum": 2}),
    ({"nvidia.com/gpu.count": "many"}, {"nvidia.com/gpu": 8}, TWO, {"minimum": 2, "before": 8}),
    # slices are no GPUs
    (
        {**LABELS, "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb"},
        {"nvidia.com/gpu": 28},
        WHOLE,
        {"minimum": 1, "before": 28},
    ),
    (LABELS, {"nvidia.com/mig-1g.10gb": 28}, WHOLE, {"minimum": 1}),
    (LABELS, {"nvidia.com/gpu": 4}, Profile("cut", "mig", strategy="single"), {"minimum": 1, "before": 4}),
]


@pytest.mark.parametrize(("labels", "offered", "profile", "expected"), CASES)
def test_bounds(labels: dict[str, str], offered: dict[str, int], profile: Profile, expected: dict[str, int]) -> None:
    devices: list[dict[str, Any]] = [
        {"vendor": "nvidia", "resource": resource, "count": count} for resource, count in offered.items()
    ]
    devices.append({"vendor": "ascend", "resource": "huawei.com/Ascend910", "count": 5})
    assert bounds(profile, {"name": "gpu-1", "labels": labels, "accelerators": devices}) == expected
