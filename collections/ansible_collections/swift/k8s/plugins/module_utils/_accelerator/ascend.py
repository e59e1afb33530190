# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Ascend: labels of MindCluster 26.0 and 26.1, resource names of MindCluster, HAMi and CCE, and the chips.

Names: mind-cluster 26.1, component/ascend-common/api; HAMi 2.10, charts/hami/values.yaml; CCE AI suite.
Memory: data sheets.
"""

from __future__ import annotations

import re

from .vendor import Description, Labels, Model, Vendor

MODELS = (
    Model("310", 8192, family="Ascend310"),
    Model("310P3", 24576, family="Ascend310P"),
    Model("910A", 32768, family="Ascend910"),
    Model("910B1", 65536, family="Ascend910"),
    Model("910B2", 65536, family="Ascend910"),
    Model("910B3", 65536, family="Ascend910"),
    Model("910B4", 32768, family="Ascend910"),
    Model("910C", 65536, family="Ascend910"),
    Model("Ascend950PR", 131072, family="npu"),
)
_WHOLE = re.compile(
    r"huawei\.com/(Ascend910|Ascend310P?|Ascend310P-(V|VPro|IPro)|npu"  # MindCluster
    r"|Ascend910(A|B2|B3|B4|B4-1|C)"  # HAMi
    r"|ascend-(310|1980))"  # CCE
)
_SLICE = re.compile(r"huawei\.com/Ascend(910|310P)-\d+c(\.[\w.]+)?")
_HAMI_CHIP = re.compile(r"huawei\.com/Ascend(910(?:A|B2|B3|B4|B4-1|C))")
_GIB = 1024


def is_device(resource: str) -> bool:
    """Whole NPUs and vNPU slices; HAMi's -memory and -core amounts are none."""
    return bool(_WHOLE.fullmatch(resource) or _SLICE.fullmatch(resource))


def describe(labels: Labels, resource: str) -> Description:
    """From the device plugin's labels (26.1), else from what the resource's name gives away."""
    hami = _HAMI_CHIP.fullmatch(resource)
    chip = labels.get("node.kubernetes.io/npu.chip.name") or (hami[1] if hami else None)
    model = next((item for item in MODELS if chip and chip in (item.name, f"Ascend{item.name}")), None)
    told = re.fullmatch(r"(\d+)G", labels.get("mind-cluster/npu-chip-memory", ""))
    memory = int(told[1]) * _GIB if told else (model.memory_mib if model else None)
    sliced = bool(_SLICE.fullmatch(resource))
    return Description(
        product=f"Ascend-{chip}" if chip else None,
        memory_mib=None if sliced else memory,
        driver=labels.get("huawei.com/driver.version"),
        chip=chip,
        sharing="vnpu" if sliced else "none",
    )


VENDOR = Vendor(
    name="ascend",
    prefix="huawei.com/",
    is_device=is_device,
    describe=describe,
    models=MODELS,
    learn="use MindCluster 26.1, whose device plugin labels its nodes, or set chip in device_plugin_ascend.nodes",
)
