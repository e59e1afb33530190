"""Simulated nodes: objects that kwok keeps Ready. They are tainted, so that nothing lands on them unasked.

`plain` nodes make clusters big; the zoo holds one node of each kind that preflight and cluster_info must tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .api import Api
from .errors import LabError

LABEL = "lab.swift.k8s/simulated"
TAINT = {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}
WORKERS = 8
A100 = {"product": "NVIDIA-A100-SXM4-80GB", "memory": "81920", "compute": "8.0", "driver": "580.95.05", "cuda": "13.0"}
H100 = {"product": "NVIDIA-H100-80GB-HBM3", "memory": "81559", "compute": "9.0", "driver": "580.95.05", "cuda": "13.0"}
V100 = {"product": "Tesla-V100-SXM2-32GB", "memory": "32768", "compute": "7.0", "driver": "550.54.15", "cuda": "12.4"}
T4 = {"product": "Tesla-T4", "memory": "15360", "compute": "7.5", "driver": "535.183.01", "cuda": "12.2"}


def node(
    name: str,
    resources: Mapping[str, int] | None = None,
    labels: Mapping[str, str] | None = None,
    architecture: str = "amd64",
    unschedulable: bool = False,
) -> dict[str, Any]:
    """A Node object that kwok plays."""
    amounts = {"cpu": "128", "memory": "1Ti", "pods": "250", "ephemeral-storage": "1Ti"}
    amounts |= {key: str(value) for key, value in (resources or {}).items()}
    own = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": architecture}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {**own, LABEL: "true", **(labels or {})},
        },
        "spec": {"taints": [TAINT], **({"unschedulable": True} if unschedulable else {})},
        "status": {
            "allocatable": amounts,
            "capacity": amounts,
            "nodeInfo": {
                "architecture": architecture,
                "operatingSystem": "linux",
                "kernelVersion": "5.15.0-simulated",
                "osImage": "simulated",
                "containerRuntimeVersion": "containerd://1.7.0",
                "kubeletVersion": "v1.36.3",
                "kubeProxyVersion": "",
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
            },
        },
    }


def plain(count: int) -> list[dict[str, Any]]:
    """A big cluster: half NVIDIA, half Ascend."""
    return [
        node(f"sim-{number:04}", {"nvidia.com/gpu": 8}, nvidia(A100, 8))
        if number % 2 == 0
        else node(f"sim-{number:04}", {"huawei.com/Ascend910": 8}, ascend("910B3", "64G"), "arm64")
        for number in range(count)
    ]


def zoo() -> list[dict[str, Any]]:
    """One of each kind."""
    return [
        node("zoo-cpu"),
        node("zoo-a100", {"nvidia.com/gpu": 8}, nvidia(A100, 8)),
        node("zoo-h100", {"nvidia.com/gpu": 8}, nvidia(H100, 8)),
        node("zoo-v100-old-driver", {"nvidia.com/gpu": 4}, nvidia(V100, 4)),
        node("zoo-t4-shared", {"nvidia.com/gpu.shared": 16}, nvidia(T4, 4, "time-slicing", "4")),
        node("zoo-mig-mixed", {"nvidia.com/mig-1g.10gb": 7, "nvidia.com/mig-3g.40gb": 2}, nvidia(A100, 4)),
        node("zoo-no-plugin", None, nvidia(A100, 8)),
        node("zoo-hami", {"nvidia.com/gpu": 80, "nvidia.com/gpumem": 655360}, nvidia(A100, 8)),
        node("zoo-910b", {"huawei.com/Ascend910": 8}, ascend("910B3", "64G"), "arm64"),
        node("zoo-310p", {"huawei.com/Ascend310P": 4}, ascend("310P3", "24G", "huawei-Ascend310P"), "arm64"),
        node("zoo-cce", {"huawei.com/ascend-1980": 8}, None, "arm64"),
        node("zoo-cordoned", {"nvidia.com/gpu": 8}, nvidia(A100, 8), unschedulable=True),
    ]


def nvidia(device: Mapping[str, str], count: int, sharing: str = "none", replicas: str = "1") -> dict[str, str]:
    """Labels as feature discovery sets them."""
    major, minor = device["compute"].split(".")
    found = {
        "gpu.present": "true",
        "gpu.product": device["product"] + ("-SHARED" if sharing != "none" else ""),
        "gpu.memory": device["memory"],
        "gpu.count": str(count),
        "gpu.replicas": replicas,
        "gpu.sharing-strategy": sharing,
        "gpu.compute.major": major,
        "gpu.compute.minor": minor,
        "cuda.driver-version.full": device["driver"],
        "cuda.driver-version.major": device["driver"].split(".")[0],
        "cuda.runtime-version.full": device["cuda"],
        "cuda.runtime-version.major": device["cuda"].split(".")[0],
        "cuda.runtime-version.minor": device["cuda"].split(".")[1],
    }
    return {f"nvidia.com/{key}": value for key, value in found.items()}


def ascend(chip: str, memory: str, accelerator: str = "huawei-Ascend910") -> dict[str, str]:
    """Labels as people and the plugin set them."""
    return {
        "accelerator": accelerator,
        "workerselector": "dls-worker-node",
        "node.kubernetes.io/npu.chip.name": chip,
        "mind-cluster/npu-chip-memory": memory,
        "huawei.com/driver.version": "25.5.0",
    }


def replace(port: int, pki: Path, wanted: Sequence[dict[str, Any]], prefix: str) -> tuple[int, int]:
    """Make the simulated nodes whose names start with the prefix exactly these; answers (created, deleted)."""
    api = Api(port, pki)
    listed = api.get(f"/api/v1/nodes?labelSelector={LABEL}")["items"]
    api.close()
    present = {item["metadata"]["name"] for item in listed}
    names = {item["metadata"]["name"] for item in wanted}
    surplus = sorted(name for name in present - names if name.startswith(prefix))
    missing = [item for item in wanted if item["metadata"]["name"] not in present]
    _spread(port, pki, [("POST", "/api/v1/nodes", item) for item in missing])
    _spread(port, pki, [("DELETE", f"/api/v1/nodes/{name}", None) for name in surplus])
    return len(missing), len(surplus)


def _spread(port: int, pki: Path, requests: Sequence[tuple[str, str, Any]]) -> None:
    """Send the requests over a few connections side by side."""

    def share(number: int) -> None:
        api = Api(port, pki)
        for method, path, body in requests[number::WORKERS]:
            status, answer = api.request(method, path, body)
            if status not in {200, 201, 404, 409}:
                raise LabError(f"{method} {path} answered {status}: {answer}", "check the lab: python -m lab status")
        api.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(share, range(WORKERS)))
