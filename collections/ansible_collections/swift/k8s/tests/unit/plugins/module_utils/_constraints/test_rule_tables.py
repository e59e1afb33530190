# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules whose answer depends on more than one thing, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from .healthy import A100, CLAIM, FACTS, NPU, gpu, judge, node, npu, owner

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


@pytest.mark.parametrize(
    ("form", "count", "expected"),
    [
        ("module-910b-8", 8, None),
        ("module-910b-8", 6, "devices-fewer"),
        ("module-910b-16", 8, "devices-fewer"),
        ("module-a3-16-super-pod", 14, "devices-fewer"),
        ("card-910b-2", 0, "devices-missing"),
        ("card-910b-infer", 1, None),
    ],
)
def test_the_form_factor_of_an_ascend_node_tells_how_many_there_are(
    form: str, count: int, expected: str | None
) -> None:
    nodes = [FACTS["nodes"][0], node("npu-1", {**NPU, "count": count, "free": count}, {"accelerator-type": form})]
    found = {item.id for item in judge({"nodes": nodes}, {"releases": []}, {})}
    assert found == ({expected} if expected else set())


@pytest.mark.parametrize(("kind", "expected"), [("nvdp", {"devices-missing"}), ("dra", set())])
def test_devices_of_a_dra_driver_are_not_missed_where_labels_count_them(kind: str, expected: set[str]) -> None:
    facts = {**gpu({"nvidia.com/gpu.count": "4"}, {"count": 0, "free": 0}), **owner(kind=kind)}
    assert {item.id for item in judge(facts, {"releases": []}, {})} == expected


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


A2, A3 = "r.io/x:v4.3.0-A2-py311-CANN9.0.0", "r.io/x:v4.3.0-A3-py311-CANN9.0.0"


@pytest.mark.parametrize(
    ("chip", "image", "expected"),
    [
        ("910B3", A2, None),
        ("910B4-1", A3, "image-of-another-family"),
        ("910B", A2, None),
        ("910C", A3, None),
        ("910C", A2, "image-of-another-family"),
        ("950PR", A2, "image-of-another-family"),
        ("910B3", "r.io/x:v4-CANN9.0.0", None),
        ("310P3", A2, "chip-not-supported"),
        ("310", A2, "chip-not-supported"),
        ("910A", A3, "chip-not-supported"),
        ("1234", A3, None),
    ],
)
def test_families_of_npus(chip: str, image: str, expected: str | None) -> None:
    release = {"name": "x", "values": {"accelerator": {"vendor": "ascend"}, "image": image}}
    found = judge(npu({"chip": chip, "product": f"Ascend{chip}"}), {"releases": [release]}, {})
    assert [item.id for item in found] == ([expected] if expected else [])
