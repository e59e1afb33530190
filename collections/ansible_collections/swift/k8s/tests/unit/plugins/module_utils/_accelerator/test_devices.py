"""What nodes offer, animal by animal."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.ascend import ASCEND
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.devices import amount, devices
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.table import Reading, Resource, Vendor
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.vendors import VENDORS, vendor_of
from ansible_collections.swift.k8s.tests.unit.plugins import zoo

#: name: (product, memory, count, driver, compute or chip, sharing) of the first device
ANIMALS: dict[str, tuple[Any, ...]] = {
    "t4": ("Tesla-T4", 15360, 4, "550.163.01", "7.5", "none"),
    "v100": ("Tesla-V100-SXM2-32GB", 32768, 8, "535.104.12", "7.0", "none"),
    "a10": ("NVIDIA-A10", 23028, 2, "580.95.05", "8.6", "none"),
    "a100-40": ("NVIDIA-A100-SXM4-40GB", 40960, 8, "580.95.05", "8.0", "none"),
    "h100": ("NVIDIA-H100-80GB-HBM3", 81559, 8, "580.95.05", "9.0", "none"),
    "rtx-4090": ("NVIDIA-GeForce-RTX-4090", 24564, 8, "580.95.05", "8.9", "none"),
    "mig-mixed": ("NVIDIA-A100-SXM4-80GB", 9728, 7, "580.95.05", "8.0", "mig"),
    "mig-single": ("NVIDIA-A100-SXM4-40GB", 4864, 14, "580.95.05", "8.0", "mig"),
    "time-sliced": ("Tesla-T4", 15360, 16, "580.95.05", "7.5", "time-slicing"),
    "no-gfd": (None, None, 2, None, None, "none"),
    "ack-v100": ("Tesla-V100-SXM2-16GB", 16160, 1, None, "7.0", "none"),
    "gke-l4": ("nvidia-l4", 23034, 1, None, "8.9", "none"),
    "hami-v100": ("Tesla-V100-PCIE-32GB", 32768, 80, None, "7.0", "hami"),
    "310p": ("Ascend310P3", 24576, 8, "25.5.0", "310P3", "none"),
    "910b3": ("Ascend910B3", 65536, 8, "25.5.0", "910B3", "none"),
    "910c": ("Ascend910C", 65536, 16, "25.5.0", "910C", "none"),
    "npu-26.0": ("Ascend910B", None, 2, None, "910B", "none"),
    "npu-dark": (None, None, 8, None, None, "none"),
    "vnpu": ("Ascend310P3", 6144, 4, "25.5.0", "310P3", "vnpu"),
    "hami-910b4": ("Ascend910B4", 32768, 32, None, "910B4", "hami"),
    "cce": (None, None, 8, None, None, "none"),
}


@pytest.mark.parametrize("name", ANIMALS)
def test_a_device_is_described(name: str) -> None:
    found = devices(zoo.by_name(name))[0]
    detail = found["compute"] or found["chip"]
    told = (found["product"], found["memory_mib"], found["count"], found["driver"], detail, found["sharing"])
    assert told == ANIMALS[name]


@pytest.mark.parametrize(
    ("strategy", "replicas", "memory"),
    [("mps", "4", 20479), ("mps", "", 81916), ("time-slicing", "4", 81916), ("none", "0", 81916)],
)
def test_a_client_of_mps_gets_its_part_of_the_memory(strategy: str, replicas: str, memory: int) -> None:
    told = {"product": "NVIDIA-A100-SXM4-80GB-SHARED", "memory": "81916", "sharing-strategy": strategy}
    labels = {f"nvidia.com/gpu.{key}": value for key, value in {**told, "replicas": replicas}.items()}
    node = {"metadata": {"labels": labels}, "status": {"allocatable": {"nvidia.com/gpu": "4"}}}
    assert devices(node)[0]["memory_mib"] == memory


FAMILIES = {
    "Ascend910B3": ("A2", 65536),
    "Ascend910B4": ("A2", 32768),
    "Ascend910B": ("A2", None),
    "Ascend910B2C": ("A2", 65536),
    "Ascend910C": ("A3", 65536),
    "Ascend910_9392": ("A3", 65536),
    "Ascend910A": ("910", 32768),
    "Ascend910ProB": ("910", 32768),
    "Ascend310P3": ("310P", 21527),
    "Ascend310": ("310", None),
    "Ascend950PR": ("950", None),
    "Ascend950DT": ("950", None),
}


@pytest.mark.parametrize("product", FAMILIES)
def test_families_of_ascend(product: str) -> None:
    known = ASCEND.known(product)
    assert known is not None
    assert (known.family, known.memory_mib) == FAMILIES[product]


def test_the_950_is_known_by_its_label_alone() -> None:
    labels = {"node.kubernetes.io/npu.chip.name": "Ascend950PR", "huawei.com/driver.version": "26.0"}
    (found,) = devices(zoo.node("a5", {"huawei.com/npu": 8}, labels))
    assert (found["product"], found["chip"], found["memory_mib"]) == ("Ascend950PR", "950PR", None)


def test_each_size_of_slice_is_a_device_of_its_own() -> None:
    found = devices(zoo.by_name("mig-mixed"))
    assert [(one["resource"], one["memory_mib"], one["count"]) for one in found] == [
        ("nvidia.com/mig-1g.10gb", 9728, 7),
        ("nvidia.com/mig-3g.40gb", 40192, 2),
    ]


@pytest.mark.parametrize(
    ("resource", "memory"),
    [
        ("nvidia.com/mig-1g.10gb", 9728),
        ("nvidia.com/mig-1g.5gb", 4864),
        ("nvidia.com/mig-1g.10gb.me", 9728),
        ("nvidia.com/mig-1g.24gb-me", 23347),
    ],
)
def test_a_slices_name_tells_its_memory_where_no_label_does(resource: str, memory: int) -> None:
    labels = {key: text for key, text in zoo.by_name("a100-80")["metadata"]["labels"].items() if "mig" not in key}
    (found,) = devices(zoo.node("mig", {resource: 7}, labels))
    assert (found["memory_mib"], found["sharing"]) == (memory, "mig")


@pytest.mark.parametrize("name", ["lost", "cpu", "amd"])
def test_zero_is_absent_and_so_are_strangers(name: str) -> None:
    assert devices(zoo.by_name(name)) == []


@pytest.mark.parametrize(
    ("resource", "vendor"),
    [
        ("nvidia.com/gpu", "nvidia"),
        ("nvidia.com/gpu.shared", "nvidia"),
        ("nvidia.com/mig-1g.10gb.me", "nvidia"),
        ("nvidia.com/mig-1g.5gb.shared", "nvidia"),
        ("nvidia.com/mig-1g.24gb-me", "nvidia"),
        ("nvidia.com/mig-1g.24gb.me.all", "nvidia"),
        ("huawei.com/Ascend910", "ascend"),
        ("huawei.com/Ascend310P-IPro", "ascend"),
        ("huawei.com/Ascend910-10c.3cpu.16g.ndvpp", "ascend"),
        ("huawei.com/Ascend910B4-1", "ascend"),
        ("huawei.com/npu", "ascend"),
        ("huawei.com/ascend-310", "ascend"),
        ("huawei.com/Ascend910B3-memory", None),
        ("nvidia.com/gpumem", None),
        ("amd.com/gpu", None),
        ("memory", None),
    ],
)
def test_whose_a_resource_is(resource: str, vendor: str | None) -> None:
    found = vendor_of(resource)
    assert (found.name if found else None) == vendor


def test_an_old_list_of_hami_tells_that_it_is_there() -> None:
    old = zoo.node(
        "x", {zoo.GPU: 10}, annotations={"hami.io/node-nvidia-register": "GPU-1,10,32768,100,NVIDIA-A10,0,true:"}
    )
    (found,) = devices(old)
    assert (found["sharing"], found["product"]) == ("hami", None)


@pytest.mark.parametrize(("text", "count"), [("8", 8), (8, 8), ("0", 0), ("1k", 0), (None, 0), ("-1", 0)])
def test_amounts_are_whole_and_positive(text: Any, count: int) -> None:
    assert amount(text) == count


def test_a_third_vendor_is_a_table() -> None:
    cambricon = Vendor(
        name="cambricon",
        resources=(Resource(r"cambricon\.com/mlu"), Resource(r"cambricon\.com/mlu\.smlu.*", sharing="shared")),
        product=(Reading("{cambricon.com/mlu.product}"),),
        memory_mib=(Reading("{cambricon.com/mlu.memory}", r"(\d+)GB", factor=1024),),
        driver=(Reading("{cambricon.com/driver.major}.{cambricon.com/driver.minor}"),),
    )
    labels = {
        "cambricon.com/mlu.product": "MLU370-X8",
        "cambricon.com/mlu.memory": "48GB",
        "cambricon.com/driver.major": "5",
        "cambricon.com/driver.minor": "10",
    }
    (found,) = devices(zoo.node("mlu", {"cambricon.com/mlu": 8}, labels), (*VENDORS, cambricon))
    told = (found["vendor"], found["product"], found["memory_mib"], found["driver"], found["count"], found["sharing"])
    assert told == ("cambricon", "MLU370-X8", 49152, "5.10", 8, "none")
