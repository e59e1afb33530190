# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Packing of devices."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.fit import Taken, fit

GPU, SHARED, MIG = "nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb"
NPU = "huawei.com/Ascend910"


def node(name: str, free: int | None, resource: str = GPU, **more: Any) -> dict[str, Any]:
    vendor = "nvidia" if resource.startswith("nvidia") else "ascend"
    device = {"vendor": vendor, "resource": resource, "count": 8, "free": free}
    return {"name": name, "ready": True, "schedulable": True, "accelerators": [device], **more}


def wish(count: int = 1, replicas: int = 1, resource: str = GPU, **more: Any) -> dict[str, Any]:
    vendor = "nvidia" if resource.startswith("nvidia") else "ascend"
    return {"vendor": vendor, "resource": resource, "count": count, "replicas": replicas, **more}


NODES = [
    node("a", 3),
    node("b", 5, labels={"pool": "big"}),
    node("c", 8, ready=False),
    node("d", 8, schedulable=False),
    node("e", 8, NPU),
]
TAINTED = {"taints": [{"key": "gpu", "value": "true", "effect": "NoSchedule"}]}


def one(nodes: list[dict[str, Any]], release: dict[str, Any]) -> dict[str, Any]:
    return fit(nodes, release, Counter())


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ({"vendor": "cpu", "resource": "", "count": 0, "replicas": 1}, {"needed": False, "missing": 0}),
        (wish(2, 3), {"pods": 3, "missing": 0}),
        (wish(4, 2), {"pods": 1, "missing": 1, "free": 8, "best_node": "b", "said": "8 are free, 5 of them on b"}),
        (wish(8), {"pods": 0, "missing": 1, "best_free": 5}),
        (wish(resource=SHARED), {"pods": 0, "best_node": None, "said": "none is free"}),
        (wish(1, 6, node_selector={"pool": "big"}), {"missing": 1}),
    ],
)
def test_fit(release: dict[str, Any], expected: dict[str, Any]) -> None:
    found = one(NODES, release)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("count", "replicas", "advice"),
    [(4, 2, "Set replicaCount to 1"), (8, 1, "Set accelerator.count to 5"), (8, 2, "Set accelerator.count to 3")],
)
def test_advice(count: int, replicas: int, advice: str) -> None:
    assert one(NODES, wish(count, replicas))["advice"].startswith(advice)


def test_advice_without_any_device() -> None:
    assert one([], wish())["advice"].startswith("Free devices or add nodes")


@pytest.mark.parametrize(
    ("offered", "asked"),
    [
        ([SHARED], GPU),
        ([MIG, SHARED], GPU),
        (["huawei.com/ascend-1980"], NPU),
        (["huawei.com/Ascend910B3"], NPU),
        (["huawei.com/Ascend910-10c.3cpu.32g"], NPU),
    ],
)
def test_what_the_chart_asks_for_counts_and_not_all_of_a_vendor(offered: list[str], asked: str) -> None:
    found = one([node(name, 7, name) for name in offered], wish(resource=asked))
    assert (found["pods"], found["missing"]) == (0, 1)
    for name in offered:
        assert f"{name} (7 free)" in found["advice"]
    assert "set accelerator.resource to" in found["advice"]


def test_of_other_resources_only_free_ones_are_named() -> None:
    assert "accelerator.resource" not in one([node("a", 0, SHARED), node("b", 0)], wish())["advice"]
    assert "accelerator.resource" not in one([node("a", 8, NPU)], wish())["advice"]


@pytest.mark.parametrize(("tolerations", "missing"), [([], 1), ([{"key": "gpu", "operator": "Exists"}], 0)])
def test_tainted_nodes(tolerations: list[dict[str, str]], missing: int) -> None:
    found = one([node("a", 8, **TAINTED)], wish(4, tolerations=tolerations))
    assert found["missing"] == missing
    assert found["advice"].startswith("Add tolerations for gpu=true:NoSchedule") is bool(missing)


def test_what_one_release_takes_the_next_one_lacks() -> None:
    taken: Taken = Counter()
    nodes = [node("a", 4)]
    assert fit(nodes, wish(4), taken)["missing"] == 0
    second = fit(nodes, wish(4), taken)
    assert (second["missing"], second["said"]) == (1, "none is free; releases before it take 4")
    assert fit([node("b", 2, SHARED)], wish(2, resource=SHARED), taken)["missing"] == 0


def test_small_pods_go_where_least_is_left() -> None:
    taken: Taken = Counter()
    nodes = [node("a", 8), node("b", 2)]
    assert fit(nodes, wish(1, 2), taken)["missing"] == 0
    assert fit(nodes, wish(8), taken)["missing"] == 0


def test_where_nobody_may_tell_who_holds_devices_all_are_taken_for_free() -> None:
    assert one([node("a", None)], wish(8))["missing"] == 0
