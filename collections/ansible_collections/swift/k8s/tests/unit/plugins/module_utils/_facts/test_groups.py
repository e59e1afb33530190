"""Inventory groups of a node."""

from __future__ import annotations

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._facts.groups import KEYS, groups
from ansible_collections.swift.k8s.plugins.module_utils._facts.node import node_fact
from ansible_collections.swift.k8s.tests.unit.plugins import zoo


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "a100-80",
            "vendor_nvidia product_nvidia_a100_sxm4_80gb driver_580_95_05 sharing_none health_ready arch_amd64",
        ),
        (
            "mig-mixed",
            "vendor_nvidia product_nvidia_a100_sxm4_80gb driver_580_95_05 sharing_mig health_ready arch_amd64",
        ),
        ("npu-dark", "vendor_ascend product_unknown driver_unknown sharing_none health_ready arch_amd64"),
        (
            "cordoned",
            "vendor_nvidia product_nvidia_a100_sxm4_80gb driver_580_95_05 sharing_none health_cordoned arch_amd64",
        ),
        ("cpu", "vendor_none health_ready arch_amd64"),
    ],
)
def test_each_group_once(name: str, expected: str) -> None:
    assert groups(node_fact(zoo.by_name(name)), KEYS) == expected.split()


def test_health_before_cordon() -> None:
    assert groups(node_fact(zoo.node("n", ready=False, unschedulable=True)), ["health"]) == ["health_not_ready"]
