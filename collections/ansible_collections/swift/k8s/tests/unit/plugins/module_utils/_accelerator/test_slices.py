# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Virtual NPUs: templates, resources, memory."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.ascend import ASCEND
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.devices import devices
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.slices import (
    SLICES,
    of_chip,
    of_resource,
    resource_of,
)


@pytest.mark.parametrize(
    ("chip", "templates"),
    [
        ("910A", ["vir02", "vir04", "vir08", "vir16"]),
        ("910B2", ["vir03_1c_8g", "vir06_1c_16g", "vir12_3c_32g"]),
        ("Ascend910B3", ["vir05_1c_16g", "vir10_3c_32g"]),
        ("910B4", ["vir05_1c_8g", "vir10_3c_16g", "vir10_3c_16g_nm", "vir10_4c_16g_m"]),
        ("910C", ["vir05_1c_16g", "vir10_3c_32g"]),
        ("910_9392", ["vir05_1c_16g", "vir10_3c_32g"]),
        ("910B2C", ["vir03_1c_8g", "vir06_1c_16g", "vir12_3c_32g"]),
        ("910ProB", ["vir02", "vir04", "vir08", "vir16"]),
        ("310P3", ["vir01", "vir02", "vir04", "vir02_1c", "vir04_3c", "vir04_3c_ndvpp", "vir04_4c_dvpp"]),
        ("950PR", []),
        ("310", []),
    ],
)
def test_what_a_chip_can_be_cut_into(chip: str, templates: list[str]) -> None:
    assert [row.template for row in of_chip(chip)] == templates


@pytest.mark.parametrize(
    ("template", "chip", "resource"),
    [
        ("vir10_3c_32g", "", "huawei.com/Ascend910-10c.3cpu.32g"),
        ("vir10_3c_16g_nm", "910B4", "huawei.com/Ascend910-10c.3cpu.16g.ndvpp"),
        ("vir04", "910A", "huawei.com/Ascend910-4c"),
        ("vir04", "310P3", "huawei.com/Ascend310P-4c"),
        ("vir04", "", None),
        ("vir10_3c_32g", "910B4", None),
        ("vir99", "", None),
    ],
)
def test_the_resource_to_ask_for(template: str, chip: str, resource: Optional[str]) -> None:
    assert resource_of(template, chip) == resource


def test_every_slice_is_a_resource_of_ascend() -> None:
    assert len({row.resource for row in SLICES}) == len(SLICES)
    for row in SLICES:
        assert of_resource(row.resource) is row
        assert ASCEND.shared(row.resource) == "vnpu"


def test_a_slice_has_its_own_memory_not_its_chips() -> None:
    labels = {"node.kubernetes.io/npu.chip.name": "910B3", "mind-cluster/npu-chip-memory": "64G"}
    amounts = {"huawei.com/Ascend910": "6", "huawei.com/Ascend910-5c.1cpu.16g": "8", "huawei.com/Ascend910-8c": "2"}
    found = devices({"metadata": {"labels": labels}, "status": {"allocatable": amounts}})
    assert {one["resource"].partition("/")[2]: one["memory_mib"] for one in found} == {
        "Ascend910": 65536,
        "Ascend910-5c.1cpu.16g": 16384,
        "Ascend910-8c": None,
    }
