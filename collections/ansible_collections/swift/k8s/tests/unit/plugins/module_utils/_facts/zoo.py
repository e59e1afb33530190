"""Nodes as clusters have them: label sets as feature discovery and MindCluster write them. Simulated, of course."""

from __future__ import annotations

from typing import Any


def node(name: str, allocatable: dict[str, str] | None = None, ready: bool = True, **labels: str) -> dict[str, Any]:
    """A node; labels are given with their dots and slashes through ** of a dictionary."""
    return {
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", **labels},
        },
        "spec": {},
        "status": {
            "allocatable": {"cpu": "64", "memory": "512Gi", **(allocatable or {})},
            "conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}],
            "nodeInfo": {
                "architecture": "amd64",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "6.8.0",
            },
        },
    }


def gfd(product: str, memory: str, compute: str, **more: str) -> dict[str, str]:
    """What GPU feature discovery writes."""
    major, minor = compute.split(".")
    return {
        "nvidia.com/gpu.product": product,
        "nvidia.com/gpu.memory": memory,
        "nvidia.com/gpu.compute.major": major,
        "nvidia.com/gpu.compute.minor": minor,
        "nvidia.com/cuda.driver-version.full": "580.95.05",
        "nvidia.com/gpu.sharing-strategy": "none",
        **{f"nvidia.com/{key.replace('__', '.').replace('_', '-')}": value for key, value in more.items()},
    }


def mindcluster(chip: str, memory: str) -> dict[str, str]:
    """What MindCluster 26.1's device plugin writes."""
    return {
        "node.kubernetes.io/npu.chip.name": chip,
        "mind-cluster/npu-chip-memory": memory,
        "huawei.com/driver.version": "25.5.0",
    }


GPU, SHARED, NPU = "nvidia.com/gpu", "nvidia.com/gpu.shared", "huawei.com/Ascend910"
ZOO: dict[str, dict[str, Any]] = {
    "t4": node("t4", {GPU: "4"}, **gfd("Tesla-T4", "15360", "7.5")),
    "v100-old-gfd": node(
        "v100-old-gfd",
        {GPU: "8"},
        **{"nvidia.com/gpu.product": "Tesla-V100-SXM2-32GB", "nvidia.com/cuda.driver.major": "535"},
    ),
    "a100": node("a100", {GPU: "8"}, **gfd("NVIDIA-A100-SXM4-80GB", "81920", "8.0")),
    "mig": node(
        "mig",
        {GPU: "0", "nvidia.com/mig-1g.10gb": "7"},
        **gfd("NVIDIA-A100-SXM4-80GB", "81920", "8.0", mig__strategy="mixed"),
    ),
    "sliced": node(
        "sliced",
        {GPU: "0", SHARED: "32"},
        **gfd("Tesla-T4-SHARED", "15360", "7.5") | {"nvidia.com/gpu.sharing-strategy": "time-slicing"},
    ),
    "no-gfd": node("no-gfd", {GPU: "2"}),
    "910b3": node("910b3", {NPU: "8"}, **mindcluster("910B3", "64G")),
    "hami-910b4": node("hami-910b4", {"huawei.com/Ascend910B4": "8", "huawei.com/Ascend910B4-memory": "262144"}),
    "310p-slices": node("310p-slices", {"huawei.com/Ascend310P-2c": "4"}, **mindcluster("310P3", "24G")),
    "npu-dark": node("npu-dark", {NPU: "16"}),
    "cpu": node("cpu"),
    "dead": node("dead", {GPU: "8"}, ready=False),
}


def pod(name: str, where: str, uses: dict[str, int], phase: str = "Running", **spec: Any) -> dict[str, Any]:
    """A pod with one container that holds devices."""
    limits = {key: str(value) for key, value in uses.items()}
    container = {"name": "main", "resources": {"limits": limits}}
    return {
        "metadata": {"name": name, "namespace": "x"},
        "spec": {"nodeName": where, "containers": [container], **spec},
        "status": {"phase": phase},
    }
