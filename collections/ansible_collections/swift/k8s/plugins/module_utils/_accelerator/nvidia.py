# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""NVIDIA: GPU feature discovery's labels, and a table of products for where only the name is known.

Labels: k8s-device-plugin 0.20, docs/gpu-feature-discovery. Compute capability: NVIDIA's CUDA GPU list. Memory: MiB as
NVML reports it (T4 to H100 as seen on real nodes, the others from data sheets).
"""

from __future__ import annotations

import re

from .vendor import Description, Labels, Model, Vendor

MODELS = (
    Model("Tesla-T4", 15360, "7.5", "turing"),
    Model("Tesla-V100-SXM2-16GB", 16384, "7.0", "volta"),
    Model("Tesla-V100-SXM2-32GB", 32768, "7.0", "volta"),
    Model("Tesla-V100-PCIE-32GB", 32768, "7.0", "volta"),
    Model("NVIDIA-A10", 23028, "8.6", "ampere"),
    Model("NVIDIA-A30", 24576, "8.0", "ampere"),
    Model("NVIDIA-A40", 46068, "8.6", "ampere"),
    Model("NVIDIA-A100-SXM4-40GB", 40960, "8.0", "ampere"),
    Model("NVIDIA-A100-PCIE-40GB", 40960, "8.0", "ampere"),
    Model("NVIDIA-A100-SXM4-80GB", 81920, "8.0", "ampere"),
    Model("NVIDIA-A100-80GB-PCIe", 81920, "8.0", "ampere"),
    Model("NVIDIA-L4", 23034, "8.9", "ada-lovelace"),
    Model("NVIDIA-L40S", 46068, "8.9", "ada-lovelace"),
    Model("NVIDIA-GeForce-RTX-3090", 24576, "8.6", "ampere"),
    Model("NVIDIA-GeForce-RTX-4090", 24564, "8.9", "ada-lovelace"),
    Model("NVIDIA-H100-80GB-HBM3", 81559, "9.0", "hopper"),
    Model("NVIDIA-H100-PCIe", 81559, "9.0", "hopper"),
    Model("NVIDIA-H200", 143771, "9.0", "hopper"),
)
_SHARED_SUFFIX = re.compile(r"-(SHARED|MIG-[^ ]+)$")
_MIG = re.compile(r"nvidia\.com/mig-(\d+)g\.(\d+)gb.*")
_GIB = 1024


def is_device(resource: str) -> bool:
    """Whole GPUs, shared ones, and MIG slices."""
    return resource in ("nvidia.com/gpu", "nvidia.com/gpu.shared") or resource.startswith("nvidia.com/mig-")


def describe(labels: Labels, resource: str) -> Description:
    """From feature discovery's labels; the table fills in what an old version does not say."""
    product = labels.get("nvidia.com/gpu.product")
    model = next((item for item in MODELS if product and _SHARED_SUFFIX.sub("", product) == item.name), None)
    memory = _number(labels.get("nvidia.com/gpu.memory")) or (model.memory_mib if model else None)
    mig = _MIG.match(resource)
    if mig:
        memory = int(mig[2]) * _GIB
    return Description(
        product=product,
        memory_mib=memory,
        driver=labels.get("nvidia.com/cuda.driver-version.full") or _driver(labels),
        compute=_compute(labels) or (model.compute if model else None),
        sharing="mig" if mig or "-MIG-" in (product or "") else _sharing(labels, resource),
    )


def _sharing(labels: Labels, resource: str) -> str:
    told = labels.get("nvidia.com/gpu.sharing-strategy")
    if told:
        return told
    return (
        "shared"
        if resource.endswith(".shared") or labels.get("nvidia.com/gpu.product", "").endswith("-SHARED")
        else "none"
    )


def _compute(labels: Labels) -> str | None:
    major, minor = labels.get("nvidia.com/gpu.compute.major"), labels.get("nvidia.com/gpu.compute.minor")
    return f"{major}.{minor or 0}" if major else None


def _driver(labels: Labels) -> str | None:
    """Feature discovery before 0.16 splits the version."""
    parts = [labels.get(f"nvidia.com/cuda.driver.{part}") for part in ("major", "minor", "rev")]
    return ".".join(part for part in parts if part) or None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


VENDOR = Vendor(
    name="nvidia",
    prefix="nvidia.com/",
    is_device=is_device,
    describe=describe,
    models=MODELS,
    learn="enable GPU feature discovery (device_plugin_nvidia.gfd: true)",
)
