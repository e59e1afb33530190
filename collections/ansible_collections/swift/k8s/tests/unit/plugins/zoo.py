"""A zoo of nodes as clusters have them, with what labels them, and the DaemonSets that advertise their devices.

Label sets are those of GPU feature discovery 0.20, MindCluster 26.0 and 26.1, HAMi 2.10, CCE and ACK; the nodes are
invented. Every call returns fresh dictionaries.
"""

from __future__ import annotations

import json
from typing import Any

GPU, SHARED, NPU = "nvidia.com/gpu", "nvidia.com/gpu.shared", "huawei.com/Ascend910"
Object = dict[str, Any]


def node(
    name: str,
    devices: dict[str, int] | None = None,
    labels: dict[str, str] | None = None,
    arch: str = "amd64",
    ready: bool = True,
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> Object:
    """A node that offers devices."""
    amounts = {"cpu": "64", "memory": "512Gi", "pods": "110"} | {key: str(n) for key, n in (devices or {}).items()}
    base = {"kubernetes.io/arch": arch, "kubernetes.io/os": "linux", "kubernetes.io/hostname": name}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": base | (labels or {}), "annotations": annotations or {}},
        "spec": spec,
        "status": {
            "capacity": dict(amounts),
            "allocatable": dict(amounts),
            "addresses": [{"type": "InternalIP", "address": "192.0.2.10"}, {"type": "Hostname", "address": name}],
            "conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}],
            "nodeInfo": {
                "architecture": arch,
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "6.8.0-60-generic",
                "kubeletVersion": "v1.34.2",
                "osImage": "Ubuntu 24.04 LTS",
            },
        },
    }


def gfd(
    product: str, memory: int, compute: str, count: int = 8, driver: str = "580.95.05", **more: str
) -> dict[str, str]:
    """The labels of GPU feature discovery; `more` by what follows `nvidia.com/`, with __ for a dot and _ for a dash."""
    major, minor = compute.split(".")
    parts = driver.split(".")
    cuda = {"535": "12.2", "550": "12.4", "580": "13.0"}[parts[0]]
    names = {
        "gpu.present": "true",
        "gpu.product": product,
        "gpu.memory": str(memory),
        "gpu.count": str(count),
        "gpu.replicas": "1",
        "gpu.compute.major": major,
        "gpu.compute.minor": minor,
        "gpu.sharing-strategy": "none",
        "cuda.driver-version.full": driver,
        "cuda.driver.major": parts[0],
        "cuda.driver.minor": parts[1],
        "cuda.driver.rev": parts[2],
        "cuda.runtime-version.full": cuda,
        **{key.replace("__", ".").replace("_", "-"): value for key, value in more.items()},
    }
    return {f"nvidia.com/{key}": value for key, value in names.items()}


def mindcluster(chip: str, memory: str, driver: str = "25.5.0") -> dict[str, str]:
    """The labels that MindCluster 26.1 sets, and those it asks the operator for."""
    family = "huawei-Ascend310P" if chip.startswith("310P") else "huawei-Ascend910"
    return {
        "workerselector": "dls-worker-node",
        "accelerator": family,
        "host-arch": "huawei-arm",
        "node.kubernetes.io/npu.chip.name": chip,
        "mind-cluster/npu-chip-memory": memory,
        "huawei.com/driver.version": driver,
    }


def hami(kind: str, memory: int, count: int = 10) -> str:
    """What HAMi writes about the devices of a node."""
    return json.dumps([{"id": "x", "count": count, "devmem": memory, "devcore": 100, "type": kind, "health": True}])


def nvidia_nodes() -> list[Object]:
    """NVIDIA nodes of each kind."""
    a100 = gfd("NVIDIA-A100-SXM4-80GB", 81920, "8.0")
    return [
        node("t4", {GPU: 4}, gfd("Tesla-T4", 15360, "7.5", 4, "550.163.01")),
        node("v100", {GPU: 8}, gfd("Tesla-V100-SXM2-32GB", 32768, "7.0", 8, "535.104.12")),
        node("a10", {GPU: 2}, gfd("NVIDIA-A10", 23028, "8.6", 2)),
        node("a100-40", {GPU: 8}, gfd("NVIDIA-A100-SXM4-40GB", 40960, "8.0")),
        node("a100-80", {GPU: 8}, a100),
        node("h100", {GPU: 8}, gfd("NVIDIA-H100-80GB-HBM3", 81559, "9.0")),
        node("rtx-4090", {GPU: 8}, gfd("NVIDIA-GeForce-RTX-4090", 24564, "8.9")),
        node("mig-mixed", {GPU: 0, "nvidia.com/mig-1g.10gb": 7, "nvidia.com/mig-3g.40gb": 2}, a100 | _mig_labels()),
        node(
            "mig-single",
            {GPU: 14},
            gfd("NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", 4864, "8.0", 14, mig__strategy="single"),
        ),
        node(
            "time-sliced",
            {GPU: 0, SHARED: 16},
            gfd("Tesla-T4-SHARED", 15360, "7.5", 4, gpu__sharing_strategy="time-slicing", gpu__replicas="4"),
        ),
        node("no-gfd", {GPU: 2}),
        node("ack-v100", {GPU: 1}, ack("Tesla-V100-SXM2-16GB", "16160MiB")),
        node("gke-l4", {GPU: 1}, {"cloud.google.com/gke-accelerator": "nvidia-l4"}),
        node(
            "hami-v100",
            {GPU: 80},
            annotations={"hami.io/node-nvidia-register": hami("NVIDIA-Tesla V100-PCIE-32GB", 32768)},
        ),
        node("operated", {GPU: 8}, gfd("NVIDIA-H100-80GB-HBM3", 81559, "9.0", gpu__deploy__device_plugin="true")),
        node("both-plugins", {GPU: 8}, a100),
        node("arm64", {GPU: 1}, gfd("NVIDIA-GH200-480GB", 97871, "9.0", 1), arch="arm64"),
        node("cordoned", {GPU: 8}, a100, unschedulable=True),
        node("not-ready", {GPU: 8}, a100, ready=False),
        node("lost", {GPU: 0}, a100),
    ]


def ack(product: str, memory: str) -> dict[str, str]:
    """The labels of Alibaba Cloud's managed clusters."""
    return {"aliyun.accelerator/nvidia_name": product, "aliyun.accelerator/nvidia_mem": memory}


def _mig_labels() -> dict[str, str]:
    rows = {"mig-1g.10gb": ("1g.10gb", 9728), "mig-3g.40gb": ("3g.40gb", 40192)}
    labels = {"nvidia.com/mig.strategy": "mixed", "nvidia.com/mig.config.state": "success"}
    for resource, (profile, memory) in rows.items():
        labels[f"nvidia.com/{resource}.product"] = f"NVIDIA-A100-SXM4-80GB-MIG-{profile}"
        labels[f"nvidia.com/{resource}.memory"] = str(memory)
    return labels


def ascend_nodes() -> list[Object]:
    """Ascend nodes of each kind."""
    old = {"accelerator": "huawei-Ascend910", "accelerator-type": "card-910b-2", "workerselector": "dls-worker-node"}
    return [
        node("310p", {"huawei.com/Ascend310P": 8}, mindcluster("310P3", "24G"), arch="arm64"),
        node("910b3", {NPU: 8}, mindcluster("910B3", "64G"), arch="arm64"),
        node("910c", {NPU: 16}, mindcluster("910C", "64G"), arch="arm64"),
        node("npu-26.0", {NPU: 2}, old),
        node("npu-dark", {NPU: 8}),
        node("vnpu", {"huawei.com/Ascend310P-2c": 4}, mindcluster("310P3", "24G")),
        node(
            "hami-910b4",
            {"huawei.com/Ascend910B4": 32, "huawei.com/Ascend910B4-memory": 262144},
            {"ascend": "on"},
            annotations={"hami.io/node-register-Ascend910B4": hami("Ascend910B4", 32768, 4)},
        ),
        node("cce", {"huawei.com/ascend-1980": 8}, {"accelerator/huawei-npu": "ascend-1980"}),
    ]


def other_nodes() -> list[Object]:
    """Nodes without devices that we know."""
    return [
        node("cpu", labels={"beta.kubernetes.io/os": "linux", "feature.node.kubernetes.io/cpu-cpuid.AVX512F": "true"}),
        node("amd", {"amd.com/gpu": 8, "rdma/hca": 1}),
    ]


def nodes() -> list[Object]:
    """The whole zoo."""
    return [*nvidia_nodes(), *ascend_nodes(), *other_nodes()]


def by_name(name: str) -> Object:
    """One animal."""
    return next(item for item in nodes() if item["metadata"]["name"] == name)


def pod(
    name: str, where: str | None, uses: dict[str, int] | None = None, phase: str = "Running", **spec: Any
) -> Object:
    """A pod with one container that holds devices."""
    amounts = {key: str(value) for key, value in (uses or {}).items()}
    container = {"name": "main", "resources": {"limits": amounts, "requests": dict(amounts)}}
    placed = {"nodeName": where} if where else {}
    return {
        "metadata": {"name": name, "namespace": "x"},
        "spec": {**placed, "containers": [container], **spec},
        "status": {"phase": phase},
    }


def daemonset(name: str, image: str, path: str = "/var/lib/kubelet/device-plugins", **metadata: Any) -> Object:
    """A DaemonSet that mounts a directory of its nodes."""
    template = {"containers": [{"image": image}], "volumes": [{"name": "socket", "hostPath": {"path": path}}]}
    return {
        "metadata": {"name": name, "namespace": "kube-system", "uid": f"uid-{name}", **metadata},
        "spec": {"template": {"spec": template}},
        "status": {"desiredNumberScheduled": 2, "numberReady": 1},
    }


def carrier(plugin: Object, where: str) -> Object:
    """The pod of a DaemonSet on a node."""
    found = pod(f"{plugin['metadata']['name']}-{where}", where)
    found["metadata"]["ownerReferences"] = [{"kind": "DaemonSet", "uid": plugin["metadata"]["uid"]}]
    return found
