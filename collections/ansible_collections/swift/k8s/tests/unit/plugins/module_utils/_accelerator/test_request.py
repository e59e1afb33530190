# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a wish asks Kubernetes for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.request import Request, request
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.table import Resource, Vendor
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.vendors import VENDORS

GPU, NPU = "nvidia.com/gpu", "huawei.com/Ascend910"
NVIDIA_NODE = {"accelerators": [{"vendor": "nvidia"}]}
ASCEND_NODE = {"accelerators": [{"vendor": "ascend"}]}


@pytest.mark.parametrize(
    ("accelerator", "limits", "expected"),
    [
        ({"vendor": "nvidia"}, {}, ("nvidia", GPU, 1)),
        ({"vendor": "ascend", "count": 4}, {}, ("ascend", NPU, 4)),
        ({"vendor": "cpu", "count": 4}, {GPU: 2}, ("cpu", "", 0)),
        ({"vendor": "nvidia", "resource": "nvidia.com/gpu.shared", "count": "2"}, {}, ("nvidia", f"{GPU}.shared", 2)),
        ({}, {GPU: "3", "cpu": 4}, ("nvidia", GPU, 3)),
        ({"vendor": "auto", "count": 1}, {GPU: 3}, ("nvidia", GPU, 1)),
        ({}, {"huawei": {"com/Ascend910": 2}}, ("ascend", NPU, 2)),
        ({}, {"nvidia": {"com/gpu": 2}}, ("nvidia", GPU, 2)),
        ({}, {"nvidia.com/gpumem": 3000, "nvidia.com/gpu": 2}, ("nvidia", GPU, 2)),
        ({}, {"huawei.com/Ascend910B3": 1, "huawei.com/Ascend910B3-memory": 9}, ("ascend", f"{NPU}B3", 1)),
        # of two the chart takes the first by name
        ({}, {"nvidia.com/mig-1g.10gb": 1, GPU: 2}, ("nvidia", GPU, 2)),
        ({"resource": "huawei.com/ascend-1980"}, {NPU: 4}, ("ascend", "huawei.com/ascend-1980", 1)),
    ],
)
def test_request(accelerator: dict[str, Any], limits: dict[str, Any], expected: tuple[str, str, int]) -> None:
    assert request(accelerator, limits, [NVIDIA_NODE]) == Request(*expected)


@pytest.mark.parametrize(
    ("nodes", "coming", "expected"),
    [
        ([NVIDIA_NODE, ASCEND_NODE], [], "nvidia"),
        ([ASCEND_NODE, {}], [], "ascend"),
        ([{}], [], "cpu"),
        ([{}], ["ascend"], "ascend"),
        ([], [], "nvidia"),
    ],
)
def test_auto(nodes: list[dict[str, Any]], coming: list[str], expected: str) -> None:
    assert request({"vendor": "auto"}, {}, nodes, coming).vendor == expected


def test_a_third_vendor_is_one_more_table() -> None:
    kunlun = Vendor(name="kunlun", resources=(Resource(r"kunlunxin\.com/xpu"),), asked="kunlunxin.com/xpu")
    assert request({"vendor": "kunlun"}, {}, [], vendors=(*VENDORS, kunlun)) == Request(
        "kunlun", "kunlunxin.com/xpu", 1
    )
    assert request({"vendor": "kunlun"}, {}, []) == Request("kunlun")
