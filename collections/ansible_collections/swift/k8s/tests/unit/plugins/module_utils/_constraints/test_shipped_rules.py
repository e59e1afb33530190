# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Every rule that ships: a case in which it speaks, and silence about a healthy cluster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
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
WISHES: dict[str, Any] = {"cluster_uid": "here", "releases": [RELEASE, ASCEND], "claims": [CLAIM]}
HOOK = {"subject": "webhook vgpu.hami.io", "service": "hami/scheduler", "endpoints": 1, "consequence": "none"}
OPERATOR = {"subject": "ClusterPolicy gpus", "state": "ready", "message": "no message", "driver": True}
EXPORTER = {"subject": "DaemonSet npu-exporter/npu-exporter", "mode": "containerd", "runtimes": ["containerd"]}
SEEN: dict[str, Any] = {
    "credential": {"kind": "client certificate", "expired": False, "days_left": 90},
    "clock_skew": {"gpu-1": 1},
    "signs": {"webhooks": [HOOK], "operators": [OPERATOR], "exporters": [EXPORTER]},
}


def judge(facts: Mapping[str, Any], wishes: Mapping[str, Any], seen: Mapping[str, Any]) -> list[Finding]:
    complete = normalise({**WISHES, **wishes})
    whole = {**FACTS, **facts}
    plan = device_plan(whole, complete)
    return evaluate(RULES, subjects(whole, settle(complete, whole, plan), plan, {**SEEN, **seen}), {})


def test_nothing_is_wrong_with_a_healthy_cluster() -> None:
    assert judge({}, {}, {}) == []


def test_nothing_is_wrong_with_a_pod_that_sees_everything() -> None:
    assert judge({}, {}, probed()) == []


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


NAMESPACE = {"subject": "n", "name": "n", "exists": True, "managed": False, "quota": []}
LOW, HIGH = {"enforce": "restricted", "enforce_rank": 2}, {"needed": "privileged", "needed_rank": 0, "needed_by": "x"}
BOUND = {"access_modes": ["ReadWriteMany"], "phase": "Bound"}
MIG_STATE = "nvidia.com/mig.config.state"
PREINSTALLED = {"nvidia.com/gpu.deploy.driver": "pre-installed", "nvidia.com/gpu.present": "true"}
STUCK = {"gpu-operator": {"plugin-x7k2p": "FailedMount: hostPath type check failed: /etc/vnpu.cfg is not a file"}}
VOLCANO = {"device_plugin": {"ascend": {"owner": "mindcluster", "volcano": True, "nodes": [{"selector": "pool=npu"}]}}}
SERVED = ["apps/v1", "scheduling.volcano.sh/v1beta1"]
UNKNOWN = {"known_variables": ["ms_swift_releases"]}

# rule -> facts, wishes and observations that make it speak
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "cluster-uid": ({"uid": "elsewhere"}, {}, {}),
    "api-version": ({"server_version": "v1.24.9"}, {}, {}),
    "api-version-mindcluster": (
        {"server_version": "v1.36.0", "owners": OWNERS[:1]},
        {"device_plugin": {"ascend": {"owner": "mindcluster"}}},
        {},
    ),
    "no-usable-node": ({"nodes": [node("gpu-1", A100, GPU_LABELS, ready=False)]}, {"releases": []}, {}),
    "credential-expired": ({}, {}, {"credential": {"kind": "token", "expired": True, "expires": "2026-01-01"}}),
    "credential-expiring": (
        {},
        {},
        {"credential": {"kind": "client certificate", "expired": False, "days_left": 3, "expires": "2026-01-01"}},
    ),
    "facts-incomplete": ({"warnings": ["DaemonSets may not be listed"]}, {}, {}),
    "offline-outside-address": ({}, {"offline": True}, {"outside": [IMAGE]}),
    "clock-skew": ({}, {}, {"clock_skew": {"gpu-1": 200}}),
    "node-not-ready": (gpu(ready=False), {"releases": []}, {}),
    "node-cordoned": (gpu(schedulable=False), {"releases": []}, {}),
    "permission-missing": ({}, {}, {"permissions": [{"subject": "cluster", "resources": "nodes", "allowed": False}]}),
    "variable-misspelt": ({}, {**UNKNOWN, "variables": ["ms_swift_relases"]}, {}),
    "variable-unknown": ({}, {**UNKNOWN, "variables": ["storage_zzz"]}, {}),
    "device-plan": ({}, {"device_plugin": {"nvidia": {"owner": "nvpd"}}}, {}),
    "two-device-plugins": ({"owners": [*OWNERS, {**OWNERS[0], "kind": "hami"}]}, {}, {}),
    "device-plugin-unknown": (owner(kind="unknown"), {}, {}),
    "device-plugin-schedules-nowhere": (owner(desired=0, ready=0), {}, {}),
    "device-plugin-not-ready": (owner(desired=3, ready=1), {}, {}),
    "devices-missing": (gpu(device={"count": 0, "free": 0}), {"releases": []}, {}),
    "devices-fewer": (gpu(device={"count": 7, "free": 7}), {}, {}),
    "devices-without-details": (gpu(device={"product": None}), {}, {}),
    "mig-failed": (gpu({MIG_STATE: "failed", "nvidia.com/mig.config": "all-1g.10gb"}), {}, {}),
    "mig-in-progress": (gpu({MIG_STATE: "rebooting"}), {}, {}),
    "mig-invalid": (gpu({"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB-MIG-INVALID"}), {}, {}),
    "mps-without-label": (gpu({"nvidia.com/gpu.sharing-strategy": "mps"}), {}, {}),
    "containerd-version-mindcluster": (npu(runtime="containerd://1.3.9"), {}, {}),
    "no-such-devices": ({"nodes": FACTS["nodes"][:1]}, {}, {}),
    "devices-do-not-fit": ({}, release(replicaCount=5), {}),
    "driver-too-old": (gpu({"nvidia.com/cuda.runtime-version.full": "12.2"}, {"driver": "535.104"}), {}, {}),
    "cuda-newer-than-driver": (
        gpu({"nvidia.com/cuda.runtime-version.full": "12.2"}, {"driver": "535.104"}),
        release(image="r.io/ms-swift:cuda12.8.1"),
        {},
    ),
    "compute-too-low": (gpu(device={"compute": "7.0", "product": "Tesla-V100"}), {}, {}),
    "cann-newer-than-driver": (npu({"driver": "24.1.0.3"}), {}, {}),
    "device-memory": (gpu(device={"memory_mib": 15360}), {"releases": [{**RELEASE, "memory_mib": 40000}]}, {}),
    "chip-not-supported": (npu({"chip": "310P3"}), {}, {}),
    "image-of-another-vendor": ({}, release(image="r.io/x:CANN8.5.0"), {}),
    "image-tag-floats": ({}, release(image="r.io/x"), {}),
    "engine-not-on-ascend": (
        {},
        {"releases": [{"name": "x", "values": {"accelerator": {"vendor": "ascend"}, "engine": {"backend": "sglang"}}}]},
        {},
    ),
    "image-missing": ({}, {}, image(status="missing")),
    "image-denied": ({}, {}, image(status="denied", detail="401")),
    "image-architecture": ({}, {}, image(missing_architectures=["arm64"])),
    "image-not-checked": ({}, {}, image(status="unreachable", detail="timed out")),
    "storage-class-missing": ({}, {"claims": [{"name": "m", "storage_class": "nfss"}]}, {}),
    "access-mode-class": ({"storage_classes": [{"name": "nfs", "provisioner": "ebs.csi.aws.com"}]}, {}, {}),
    "access-mode-doubtful": ({"storage_classes": [{"name": "nfs", "provisioner": "rancher.io/local-path"}]}, {}, {}),
    "access-mode-claim": ({}, {}, {"claims": {"ms-swift/models": {**BOUND, "access_modes": ["ReadWriteOnce"]}}}),
    "claim-too-small": ({}, SMALL, {}),
    "claim-lost": ({}, {}, {"claims": {"ms-swift/models": {**BOUND, "phase": "Lost"}}}),
    "pod-security": ({}, {}, {"namespaces": [{**NAMESPACE, **LOW, **HIGH}]}),
    "quota-exceeded": ({}, {}, {"namespaces": [{**NAMESPACE, "quota": ["pods: 1 allowed"]}]}),
    "limit-range-exceeded": ({}, {}, {"namespaces": [{**NAMESPACE, "limits": ["memory 200Gi, at most 64Gi"]}]}),
    "limit-range-default": ({}, {}, {"namespaces": [{**NAMESPACE, "starved": ["release qwen: 512Mi"]}]}),
    "runtime-class-missing": (owner(runtime_class="nvidia"), {}, {}),
    "device-plugin-without-runtime": (owner(kind="nvdp", desired=2, ready=0), {}, {}),
    "runtime-handler-missing": ({}, {}, signs(no_runtime={"gpu-1": "nvidia"})),
    "device-plugin-stuck": (owner(namespace="gpu-operator", name="plugin"), {}, signs(stuck=STUCK)),
    "devices-unhealthy": (npu({"capacity": 8, "count": 6}), {}, {}),
    "gpu-operator-not-ready": ({}, {}, signs(operators=[{**OPERATOR, "state": "notReady", "message": "driver"}])),
    "driver-label-left-over": (gpu(PREINSTALLED, {"count": 0, "free": 0}), {"releases": []}, {}),
    "volcano-missing": ({"owners": OWNERS[:1]}, VOLCANO, {}),
    "volcano-without-accelerator-type": ({"owners": OWNERS[:1], "apis": SERVED}, VOLCANO, {}),
    "npu-exporter-wrong-runtime": ({}, {}, signs(exporters=[{**EXPORTER, "mode": "docker"}])),
    "webhook-without-endpoints": ({}, {}, signs(webhooks=[{**HOOK, "endpoints": 0}])),
    "release-runtime-class-missing": ({}, release(runtimeClassName="nvidia"), {}),
    "slice-unknown": (
        npu(),
        {"releases": [{"name": "x", "values": {"accelerator": {"vendor": "ascend", "resource": "vir10_3c_32g"}}}]},
        {},
    ),
    "release-without-volcano": ({}, release(queue={"volcano": {"queue": "ai"}}), {}),
    "probe-failed": ({}, {}, probed(error="ErrImagePull")),
    "probe-not-run": ({}, {}, {"probes": [{"subject": "release x", "hindrance": "it asks for no device"}]}),
    "probe-few-devices": ({}, {}, probed(asked=2)),
    "probe-no-device": ({}, {}, probed(devices=[])),
    "probe-shared-memory": ({}, {}, probed(shm_mib=64)),
    "probe-volume-refused": ({}, {}, probed(volume={"error": "Permission denied"})),
    "probe-volume-slow": ({}, {}, probed(volume={"read_mib_s": 12, "write_mib_s": 9})),
    "probe-name-unknown": ({}, {}, probed(unknown_names=["hub.example"])),
    "probe-unreachable": ({}, {}, probed(unreachable=["hub.example:443 (timed out)"])),
}


MODES = [
    ("ebs.csi.aws.com", "access-mode-class", "access-mode-class"),
    ("topolvm.io", "access-mode-class", "access-mode-class"),
    ("disk.csi.azure.com", "access-mode-class", "access-mode-doubtful"),
    ("pd.csi.storage.gke.io", "access-mode-class", None),
    ("csi.vsphere.vmware.com", "access-mode-doubtful", "access-mode-doubtful"),
    ("rancher.io/local-path", "access-mode-doubtful", "access-mode-doubtful"),
    ("kubernetes.io/no-provisioner", "access-mode-doubtful", "access-mode-doubtful"),
    ("nfs.csi.k8s.io", None, None),
]


@pytest.mark.parametrize(("provisioner", "writing", "reading"), MODES)
def test_what_a_class_says_of_access_modes(provisioner: str, writing: str | None, reading: str | None) -> None:
    facts = {"storage_classes": [{"name": "nfs", "provisioner": provisioner}]}
    for mode, expected in (("ReadWriteMany", writing), ("ReadOnlyMany", reading), ("ReadWriteOnce", None)):
        claims = {"claims": [{**CLAIM, "access_modes": [mode]}]}
        assert [item.id for item in judge(facts, claims, {})] == ([expected] if expected else []), mode
        # volumes that are there already are no question to the class
        bound = {"claims": {"ms-swift/models": {"access_modes": [mode], "phase": "Bound"}}}
        assert judge(facts, claims, bound) == []


OLD = "nvidia.com/cuda.runtime"


@pytest.mark.parametrize(
    ("labels", "driver", "cuda"),
    [
        ({"nvidia.com/cuda.runtime-version.full": "12.2"}, "535.104.12", "12.2"),
        ({f"{OLD}.major": "12", f"{OLD}.minor": "2"}, "535.104.12", "12.2"),
        # nobody labelled the node with what its driver supports
        ({}, "535.104.12", "12.2"),
        ({}, "550.163.01", "12.4"),
        ({}, "470.57.02", "11.4"),
    ],
)
def test_an_old_driver_is_told_with_what_it_supports(labels: dict[str, str], driver: str, cuda: str) -> None:
    nodes = [node("gpu-1", {**A100, "driver": driver}, labels), FACTS["nodes"][1]]
    (finding,) = [item for item in judge({"nodes": nodes}, {}, {}) if item.id == "driver-too-old"]
    assert finding.message == f"Driver {driver} supports CUDA {cuda}; qwen's image needs CUDA 13.0, so driver 580."
    assert "pgrade the driver to 580 or newer" in finding.next_step
    assert "unknown" not in finding.next_step


# what the cluster offers of a vendor -> words that the finding about a release of 2 must say
SHARED, MIG = "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb"
OTHERS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("nvidia", gpu(device={"resource": SHARED, "free": 5}), ["2 nvidia.com/gpu", f"{SHARED} (5 free)"]),
    ("nvidia", gpu(device={"resource": MIG}), ["2 nvidia.com/gpu", f"{MIG} (8 free)"]),
    ("ascend", npu({"resource": "huawei.com/ascend-1980"}), ["huawei.com/ascend-1980 (8 free)"]),
    ("ascend", npu({"resource": "huawei.com/Ascend910B3"}), ["huawei.com/Ascend910B3 (8 free)"]),
]


@pytest.mark.parametrize(("vendor", "facts", "words"), OTHERS)
def test_devices_of_another_name_do_not_fit(vendor: str, facts: dict[str, Any], words: list[str]) -> None:
    accelerator = {"vendor": vendor, "count": 2}
    found = judge(facts, {"releases": [{"name": "x", "values": {"accelerator": accelerator}}]}, {})
    (finding,) = [item for item in found if item.id == "devices-do-not-fit"]
    said = f"{finding.message} {finding.next_step}"
    assert "accelerator.resource" in said
    assert all(word in said for word in words), said


# rule -> what looks alike, and is no trouble
SILENT: list[tuple[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]] = [
    ("runtime-class-missing", ({**owner(runtime_class="nvidia"), "runtime_classes": [{"name": "nvidia"}]}, {}, {})),
    ("device-plugin-without-runtime", (owner(kind="nvdp", desired=2, ready=1), {}, {})),
    ("device-plugin-without-runtime", (owner(kind="nvdp", desired=2, ready=0, runtime_class="nvidia"), {}, {})),
    ("runtime-handler-missing", ({}, {}, signs(no_runtime={"gone": "nvidia"}))),
    ("device-plugin-stuck", (owner(namespace="gpu-operator", name="toolkit"), {}, signs(stuck=STUCK))),
    ("devices-unhealthy", (npu({"capacity": 8}), {}, {})),
    ("driver-label-left-over", (gpu(PREINSTALLED), {}, {})),
    ("driver-label-left-over", (gpu(PREINSTALLED, {"count": 0}), {}, signs(operators=[{**OPERATOR, "driver": False}]))),
    ("volcano-missing", ({"owners": OWNERS[:1], "apis": SERVED}, VOLCANO, {})),
    ("volcano-missing", ({}, {"device_plugin": {"ascend": {"volcano": True}}}, {})),
    ("release-runtime-class-missing", ({"runtime_classes": [{"name": "x"}]}, release(runtimeClassName="x"), {})),
    (
        "release-runtime-class-missing",
        ({"owners": []}, {**release(runtimeClassName="nvidia"), "device_plugin": {"nvidia": {"owner": "nvdp"}}}, {}),
    ),
    *(
        (
            "slice-unknown",
            (
                npu(),
                {"releases": [{"name": "x", "values": {"accelerator": {"vendor": "ascend", "resource": name}}}]},
                {},
            ),
        )
        for name in ("huawei.com/Ascend910-10c.3cpu.32g", "huawei.com/Ascend910", "huawei.com/Ascend910B3")
    ),
    ("release-without-volcano", ({"apis": SERVED}, release(queue={"volcano": {"queue": "ai"}}), {})),
]


@pytest.mark.parametrize(("rule", "case"), SILENT)
def test_rule_is_silent(rule: str, case: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
    assert rule not in {finding.id for finding in judge(*case)}


def test_every_rule_has_a_case() -> None:
    assert sorted(CASES) == sorted(rule.id for rule in RULES)


@pytest.mark.parametrize("rule", sorted(CASES))
def test_rule_speaks(rule: str) -> None:
    found = judge(*CASES[rule])
    assert rule in {finding.id for finding in found}


@pytest.mark.parametrize("rule", sorted(CASES))
def test_messages_are_whole(rule: str) -> None:
    (finding, *_more) = [item for item in judge(*CASES[rule]) if item.id == rule]
    unsaid = rule in {"permission-missing", "two-device-plugins", "devices-without-details"}
    assert unsaid or "unknown" not in finding.message.replace("unknown owner", "").replace("An unknown DaemonSet", "")
    assert finding.next_step
    assert finding.source


def test_a_rule_speaks_once_about_a_case() -> None:
    assert [item.id for item in judge(*CASES["driver-too-old"])] == ["driver-too-old"]
    assert [item.id for item in judge(*CASES["compute-too-low"])] == ["compute-too-low"]
