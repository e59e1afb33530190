# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Whole nodes are asked for only where taints matter."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.named import FEW
from ansible_collections.swift.k8s.plugins.module_utils._nodes.look import look
from ansible_collections.swift.k8s.plugins.module_utils._nodes.plan import Wanted
from ansible_collections.swift.k8s.plugins.module_utils._nodes.taints import annotation

MANAGER = "us"
TAINT = {"key": "k", "effect": "NoSchedule"}


class Cluster:
    """Nodes, and which requests were made for whole ones."""

    def __init__(self, count: int, marked: int) -> None:
        marks = {"annotations": {annotation(MANAGER): '["k:NoSchedule"]'}}
        self.metadata = [{"name": f"n{number}", **(marks if number < marked else {})} for number in range(count)]
        self.asked: list[str] = []

    def list(self, _api_version: str, _kind: str, metadata_only: bool = False) -> list[dict[str, Any]]:
        self.asked += [] if metadata_only else ["all"]
        return [{"metadata": one, **({} if metadata_only else {"spec": {"taints": [TAINT]}})} for one in self.metadata]

    def get(self, _api_version: str, _kind: str, name: str) -> dict[str, Any]:
        self.asked.append(name)
        return next(one for one in self.list("v1", "Node", metadata_only=True) if one["metadata"]["name"] == name) | {
            "spec": {"taints": [TAINT]}
        }


@pytest.mark.parametrize(
    ("marked", "wanted", "asked", "whole"),
    [
        (0, {"n1": Wanted({"a": "b"})}, [], []),
        (0, {"n1": Wanted(taints=(TAINT,))}, ["n1"], ["n1"]),
        (2, {}, ["n0", "n1"], ["n0", "n1"]),
        (FEW + 1, {}, ["all"], [f"n{number}" for number in range(FEW + 1)]),
    ],
)
def test_looking(marked: int, wanted: dict[str, Wanted], asked: list[str], whole: list[str]) -> None:
    cluster: Any = Cluster(FEW + 5, marked)
    found = look(cluster, wanted, MANAGER)
    assert [node["metadata"]["name"] for node in found] == [f"n{number}" for number in range(FEW + 5)]
    assert [node["metadata"]["name"] for node in found if "spec" in node] == whole
    assert cluster.asked == asked
