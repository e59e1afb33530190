# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Selectors and the nodes they select."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._devices.problem import DevicePlanError
from ansible_collections.swift.k8s.plugins.module_utils._devices.selection import select
from ansible_collections.swift.k8s.plugins.module_utils._devices.selector import parse

LABELS = {"pool": "dev", "zone": "a", "example.com/tier": "1", "flag": ""}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("pool=dev", True),
        ("pool == dev", True),
        ("pool!=dev", False),
        ("absent!=x", True),
        ("pool", True),
        ("absent", False),
        ("!absent", True),
        ("!pool", False),
        ("flag=", True),
        ("zone in (a, b)", True),
        ("zone in(a,b)", True),
        ("zone notin (a, b)", False),
        ("pool=dev,zone in (b,c)", False),
        ("pool=dev, zone in (a,c), example.com/tier=1", True),
    ],
)
def test_selector(selector: str, expected: bool) -> None:
    assert parse(selector)(LABELS) is expected


@pytest.mark.parametrize("selector", ["pool=dev zone=a", "pool~dev", "in (a)", "a in b"])
def test_malformed_selector(selector: str) -> None:
    with pytest.raises(DevicePlanError, match="cannot read"):
        parse(selector)


NODES: list[dict[str, Any]] = [
    {"name": "a", "labels": {"pool": "dev"}},
    {"name": "b", "labels": {"pool": "prod"}},
    {"name": "c"},
]


def test_without_entries_the_nodes_with_devices() -> None:
    assert select("v", [], NODES, ["b"]) == ({"b": {}}, [])


def test_selector_that_matches_nothing_names_the_values_there_are() -> None:
    _chosen, (problem,) = select("device_plugin_nvidia", [{"selector": "pool=deev"}], NODES, [])
    assert "'pool=deev' matches none of 3 nodes: pool has the values dev, prod" in problem.message
    _chosen, (problem,) = select(
        "device_plugin_nvidia", [{"selector": "!pool,x in (a)"}, {"selector": "y"}][1:], NODES, []
    )
    assert "no node has the label y" in problem.message


def test_node_in_two_entries() -> None:
    chosen, (problem,) = select("v", [{"selector": "pool=dev", "profile": "x"}, {"selector": "pool"}], NODES, [])
    assert "Node a is selected twice in v.nodes: 'pool=dev' and 'pool'" in problem.message
    assert chosen["a"]["profile"] == "x"
