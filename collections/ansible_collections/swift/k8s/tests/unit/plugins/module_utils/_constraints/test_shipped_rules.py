# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Every rule that ships: a case in which it speaks, and silence about a healthy cluster."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.rules import Rule

from .healthy import (
    A100,
    BOUND,
    DAEMONS,
    ELSEWHERE,
    EXPORTER,
    FACTS,
    GPU_LABELS,
    HAMI,
    HIGH,
    HOOK,
    IMAGE,
    LOW,
    MIG_STATE,
    NAMESPACE,
    ONE_WRITER,
    OPERATOR,
    OWNERS,
    PREINSTALLED,
    RELEASE,
    RULES,
    SERVED,
    SMALL,
    STUCK,
    UNKNOWN,
    VOLCANO,
    dark,
    gpu,
    image,
    judge,
    node,
    npu,
    owner,
    probed,
    release,
    signs,
)


def test_nothing_is_wrong_with_a_healthy_cluster() -> None:
    assert judge({}, {}, {}) == []


def test_nothing_is_wrong_with_a_pod_that_sees_everything() -> None:
    assert judge({}, {}, probed()) == []


def test_who_installs_no_chart_needs_no_helm() -> None:
    assert judge({}, {"releases": []}, {"helm": None}) == []


LOST = {"name": "modls", "namespace": "ms-swift", "advice": "Did you mean models?"}

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
    "model-unknown": (
        {},
        {},
        {"models": [{"subject": "model org/tinny", "told": "http://hub has no model"}]},
    ),
    "helm-missing": ({}, {}, {"helm": None}),
    "chart-missing": ({}, {}, {"charts_missing": ["/none/chart"]}),
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
    "key-unknown": ({}, {"models": [{"id": "a/b", "revison": "v1"}]}, {}),
    "rate-not-understood": ({}, {"rates": {"model_cache_rate_limit": "3MBs"}}, {}),
    "models-claim-missing": ({}, {}, {"models_claim": LOST}),
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
    "containerd-version-mindcluster": (npu(runtime="containerd://2.2.0"), {}, {}),
    "mps-daemon-not-ready": ({}, {}, signs(mps_daemons=[{**DAEMONS, "ready": 1}])),
    "hami-driver-too-old": ({**npu({"driver": "24.1.0.3"}), "owners": [OWNERS[0], HAMI]}, {"releases": []}, {}),
    "node-without-plugin": ({"owners": [ELSEWHERE, OWNERS[1]], **dark()}, {"releases": []}, {}),
    "no-such-devices": ({"nodes": FACTS["nodes"][:1]}, {}, {}),
    "devices-do-not-fit": ({}, release(replicaCount=5), {}),
    "release-cannot-grow": (
        {"releases": [{"namespace": "ms-swift", "name": "qwen", "holds": {"gpu-1": {"nvidia.com/gpu": 1}}}]},
        release(replicaCount=6),
        {},
    ),
    "driver-too-old": (gpu({"nvidia.com/cuda.runtime-version.full": "12.2"}, {"driver": "535.104"}), {}, {}),
    "cuda-newer-than-driver": (
        gpu({"nvidia.com/cuda.runtime-version.full": "12.2"}, {"driver": "535.104"}),
        release(image="r.io/ms-swift:cuda12.8.1"),
        {},
    ),
    "compute-too-low": (gpu(device={"compute": "7.0", "product": "Tesla-V100"}), {}, {}),
    "cann-newer-than-driver": (npu({"driver": "24.1.0.3"}), {}, {}),
    "device-memory": (gpu(device={"memory_mib": 15360}), {"releases": [{**RELEASE, "memory_mib": 40000}]}, {}),
    "chip-not-supported": (npu({"chip": "310P3", "product": "Ascend310P3"}), {}, {}),
    "image-of-another-family": (
        npu({"chip": "910C", "product": "Ascend910C"}),
        {"releases": [{"name": "x", "values": {"accelerator": {"vendor": "ascend"}}}]},
        {},
    ),
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
    "models-claim-one-node": ({}, ONE_WRITER, {}),
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


# rule -> what looks alike, and is no trouble
SILENT: list[tuple[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]] = [
    ("models-claim-one-node", ({}, {**ONE_WRITER, "models_claim": "others"}, {"models_claim": {}})),
    ("models-claim-one-node", ({"nodes": FACTS["nodes"][:1]}, ONE_WRITER, {})),
    ("models-claim-one-node", ({}, ONE_WRITER, {"claims": {"ms-swift/models": BOUND}})),
    ("runtime-class-missing", ({**owner(runtime_class="nvidia"), "runtime_classes": [{"name": "nvidia"}]}, {}, {})),
    ("device-plugin-without-runtime", (owner(kind="nvdp", desired=2, ready=1), {}, {})),
    ("device-plugin-without-runtime", (owner(kind="nvdp", desired=2, ready=0, runtime_class="nvidia"), {}, {})),
    ("runtime-handler-missing", ({}, {}, signs(no_runtime={"gone": "nvidia"}))),
    *(("containerd-version-mindcluster", (npu(runtime=f"containerd://{one}"), {}, {})) for one in ("1.4.0", "2.1.9")),
    ("containerd-version-mindcluster", ({**npu(runtime="containerd://2.2.0"), "owners": [HAMI]}, {}, {})),
    ("mps-daemon-not-ready", ({}, {}, signs(mps_daemons=[DAEMONS]))),
    ("hami-driver-too-old", ({**npu({"driver": "25.5.0"}), "owners": [HAMI]}, {}, {})),
    ("hami-driver-too-old", (npu({"driver": "24.1.0.3"}), {}, {})),
    ("node-without-plugin", (dark(), {}, {})),
    # it offers devices, although nobody may list DaemonSets
    ("node-without-plugin", ({"owners": [ELSEWHERE], **gpu({"nvidia.com/gpu.present": "true"})}, {}, {})),
    ("node-without-plugin", ({"owners": [{**OWNERS[0], "kind": "unknown", "resource": ""}], **dark()}, {}, {})),
    ("node-without-plugin", ({"owners": [ELSEWHERE], **dark()}, {"device_plugin": {"nvidia": {"owner": "none"}}}, {})),
    ("node-without-plugin", ({"owners": [ELSEWHERE], **dark(ready=False)}, {}, {})),
    ("node-without-plugin", ({"owners": [], **dark()}, {"device_plugin": {"nvidia": {"owner": "nvdp"}}}, {})),
    ("devices-fewer", (npu({"count": 8}), {}, {})),
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


#: A document, an issue, a file, or one of our own modules and roles.
SOURCE = re.compile(
    r"kubernetes\.io: |docs\.nvidia\.com|(issues?|pull requests?|FAQ|enhancement) \d|\.(md|py|go|yml)\b|specification, "
    r"|^module \w|role \w+[,:]|MindCluster( 26\.1 installation guide)?[,:] |ms-swift, [A-Z]\w+/"
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_source_can_be_looked_up(rule: Rule) -> None:
    assert SOURCE.search(rule.source), rule.source


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
