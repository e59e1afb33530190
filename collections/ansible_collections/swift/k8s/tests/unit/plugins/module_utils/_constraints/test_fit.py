# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Packing of devices."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.fit import fit


def node(name: str, free: int, vendor: str = "nvidia", **more: Any) -> dict[str, Any]:
    device = {"vendor": vendor, "resource": "nvidia.com/gpu", "count": 8, "free": free}
    return {"name": name, "ready": True, "schedulable": True, "accelerators": [device], **more}


NODES = [
    node("a", 3),
    node("b", 5, labels={"pool": "big"}),
    node("c", 8, ready=False),
    node("d", 8, schedulable=False),
    node("e", 8, vendor="ascend"),
]


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ({"vendor": "cpu", "count": 0}, {"needed": False, "missing": 0}),
        ({"vendor": "nvidia", "count": 2, "replicas": 3}, {"pods": 3, "missing": 0}),
        ({"vendor": "nvidia", "count": 4, "replicas": 2}, {"pods": 1, "missing": 1, "free": 8, "best_node": "b"}),
        ({"vendor": "nvidia", "count": 8, "replicas": 1}, {"pods": 0, "missing": 1, "best_free": 5}),
        ({"vendor": "nvidia", "count": 1, "resource": "nvidia.com/gpu.shared"}, {"pods": 0, "best_node": None}),
        ({"vendor": "nvidia", "count": 1, "replicas": 6, "node_selector": {"pool": "big"}}, {"missing": 1}),
    ],
)
def test_fit(release: dict[str, Any], expected: dict[str, Any]) -> None:
    found = fit(NODES, release)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("count", "replicas", "advice"),
    [(4, 2, "Set replicaCount to 1"), (8, 1, "Set accelerator.count to 5"), (8, 2, "Set accelerator.count to 3")],
)
def test_advice(count: int, replicas: int, advice: str) -> None:
    assert fit(NODES, {"vendor": "nvidia", "count": count, "replicas": replicas})["advice"].startswith(advice)


def test_advice_without_any_device() -> None:
    assert fit([], {"vendor": "nvidia", "count": 1})["advice"].startswith("Free devices or add nodes")
