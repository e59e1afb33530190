# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A cluster that nothing is wrong with, and ways to spoil it, for tests of the rules that ship."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.swift.k8s.plugins.module_utils._constraints.evaluate import Finding, evaluate
from ansible_collections.swift.k8s.plugins.module_utils._constraints.rules import Rule, load
from ansible_collections.swift.k8s.plugins.module_utils._constraints.settle import settle
from ansible_collections.swift.k8s.plugins.module_utils._constraints.subjects import subjects
from ansible_collections.swift.k8s.plugins.module_utils._constraints.task import device_plan
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

COLLECTION = Path(__file__).parents[5]
FILES = sorted((COLLECTION / "roles/preflight/files/rules").glob("*.yml"))
RULES: list[Rule] = load([rule for path in FILES for rule in yaml.safe_load(path.read_text(encoding="utf-8"))])

A100 = {
    "vendor": "nvidia",
    "product": "NVIDIA-A100-SXM4-80GB",
    "memory_mib": 81920,
    "compute": "8.0",
    "driver": "580.95.05",
    "resource": "nvidia.com/gpu",
    "count": 8,
    "free": 8,
}
NPU = {
    "vendor": "ascend",
    "chip": "910B3",
    "product": "Ascend-910B3",
    "driver": "25.5.1",
    "resource": "huawei.com/Ascend910",
    "count": 8,
    "free": 8,
}
GPU_LABELS = {"nvidia.com/gpu.count": "8", "nvidia.com/cuda.runtime-version.full": "13.0", "pool": "gpu"}


def node(name: str, device: Mapping[str, Any], labels: Mapping[str, str], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "ready": True,
        "schedulable": True,
        "arch": "amd64",
        "runtime": "containerd://2.1.4",
        "labels": dict(labels),
        "accelerators": [dict(device)],
        **more,
    }


OWNERS: list[dict[str, Any]] = [
    {"kind": "gpu-operator", "resource": "nvidia.com/gpu", "nodes": ["gpu-1"], "desired": 1, "ready": 1},
    {"kind": "mindcluster", "resource": "huawei.com/Ascend910", "nodes": ["npu-1"], "desired": 1, "ready": 1},
]
FACTS: dict[str, Any] = {
    "server_version": "v1.34.2",
    "uid": "here",
    "nodes": [node("gpu-1", A100, GPU_LABELS), node("npu-1", NPU, {"pool": "npu"})],
    "owners": OWNERS,
    "storage_classes": [{"name": "nfs", "provisioner": "nfs.csi.k8s.io"}],
    "apis": ["apps/v1"],
}
IMAGE = "r.io/ms-swift:cuda13.0.3-swift4.4"
RELEASE: dict[str, Any] = {"name": "qwen", "values": {"accelerator": {"vendor": "nvidia", "count": 2}, "image": IMAGE}}
ASCEND = {
    "name": "npu",
    "values": {"accelerator": {"vendor": "ascend"}, "engine": {"backend": "vllm"}, "image": "r.io/x:v4-CANN8.5.0"},
}
CLAIM = {"name": "models", "access_modes": ["ReadWriteMany"], "storage_class": "nfs"}
SMALL: dict[str, Any] = {
    "claims": [{**CLAIM, "size": "100Gi"}],
    "models": [{"id": "Qwen/Qwen2.5-72B-Instruct"}],
    "models_claim": "models",
}
ONE_WRITER: dict[str, Any] = {"claims": [{**CLAIM, "access_modes": ["ReadWriteOnce"]}], "models_claim": "models"}
WISHES: dict[str, Any] = {"cluster_uid": "here", "releases": [RELEASE, ASCEND], "claims": [CLAIM]}
HOOK = {"subject": "webhook vgpu.hami.io", "service": "hami/scheduler", "endpoints": 1, "consequence": "none"}
OPERATOR = {"subject": "ClusterPolicy gpus", "state": "ready", "message": "no message", "driver": True}
EXPORTER = {"subject": "DaemonSet npu-exporter/npu-exporter", "mode": "containerd", "runtimes": ["containerd"]}
SEEN: dict[str, Any] = {
    "helm": "/usr/bin/helm",
    "credential": {"kind": "client certificate", "expired": False, "days_left": 90},
    "clock_skew": {"gpu-1": 1},
    "signs": {"webhooks": [HOOK], "operators": [OPERATOR], "exporters": [EXPORTER]},
}


def judge(facts: Mapping[str, Any], wishes: Mapping[str, Any], seen: Mapping[str, Any]) -> list[Finding]:
    complete = normalise({**WISHES, **wishes})
    whole = {**FACTS, **facts}
    plan = device_plan(whole, complete)
    return evaluate(RULES, subjects(whole, settle(complete, whole, plan), plan, {**SEEN, **seen}), {})


def gpu(
    labels: Mapping[str, str] | None = None, device: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    changed = node("gpu-1", {**A100, **(device or {})}, {**GPU_LABELS, **(labels or {})}, **more)
    return {"nodes": [changed, FACTS["nodes"][1]]}


def npu(device: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"nodes": [FACTS["nodes"][0], node("npu-1", {**NPU, **(device or {})}, {"pool": "npu"}, **more)]}


def owner(**more: Any) -> dict[str, Any]:
    return {"owners": [{**OWNERS[0], **more}, OWNERS[1]]}


def release(**values: Any) -> dict[str, Any]:
    return {"releases": [{"name": "qwen", "values": {**RELEASE["values"], **values}}]}


def image(**more: Any) -> dict[str, Any]:
    answer = {
        "image": IMAGE,
        "status": "found",
        "architectures": ["amd64"],
        "used_by": ["x"],
        "missing_architectures": [],
    }
    return {"images": [{**answer, **more}]}


def probed(**more: Any) -> dict[str, Any]:
    seen = {"subject": "nvidia.com/gpu in ms-swift", "vendor": "nvidia", "image": IMAGE, "claim": "models"}
    seen |= {"resource": "nvidia.com/gpu", "asked": 1, "seen": len(more.get("devices", ["nvidia0"]))}
    healthy = {"node": "gpu-1", "devices": ["nvidia0"], "shm_mib": 9000, "unknown_names": [], "unreachable": []}
    return {"probes": [{**seen, **healthy, "volume": {"write_mib_s": 900, "read_mib_s": 900}, **more}]}


def signs(**more: Any) -> dict[str, Any]:
    return {"signs": {**SEEN["signs"], **more}}


DAEMONS = {"subject": "cluster", "nodes": 2, "desired": 2, "ready": 2}
ELSEWHERE = {**OWNERS[0], "nodes": ["gpu-2"]}
HAMI = {**OWNERS[1], "kind": "hami", "resource": "huawei.com/Ascend910B3"}
NAMESPACE = {"subject": "n", "name": "n", "exists": True, "managed": False, "quota": []}
LOW, HIGH = {"enforce": "restricted", "enforce_rank": 2}, {"needed": "privileged", "needed_rank": 0, "needed_by": "x"}
BOUND = {"access_modes": ["ReadWriteMany"], "phase": "Bound"}
MIG_STATE = "nvidia.com/mig.config.state"
PREINSTALLED = {"nvidia.com/gpu.deploy.driver": "pre-installed", "nvidia.com/gpu.present": "true"}
STUCK = {"gpu-operator": {"plugin-x7k2p": "FailedMount: hostPath type check failed: /etc/vnpu.cfg is not a file"}}
VOLCANO = {"device_plugin": {"ascend": {"owner": "mindcluster", "volcano": True, "nodes": [{"selector": "pool=npu"}]}}}
SERVED = ["apps/v1", "scheduling.volcano.sh/v1beta1"]
UNKNOWN = {"known_variables": ["ms_swift_releases"]}


def dark(**more: Any) -> dict[str, Any]:
    """A node that labels say has GPUs, of which it offers none, beside one that offers its own."""
    bare = node("gpu-1", A100, {"nvidia.com/gpu.present": "true"}, **more)
    return {"nodes": [{**bare, "accelerators": []}, node("gpu-2", A100, GPU_LABELS), FACTS["nodes"][1]]}
