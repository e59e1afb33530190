# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Filters of preflight and device_plugin: thin doors to what is tested in the rooms behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.swift.k8s.plugins.filter import (
    device_plan,
    option_names,
    preflight_table,
    unpack_facts,
)
from ansible_collections.swift.k8s.plugins.module_utils._facts.packed import pack

FINDING: dict[str, Any] = {
    "id": "old",
    "level": "error",
    "subject": "cluster",
    "message": "It is old.",
    "next_step": "Upgrade.",
    "silenced": None,
}


def test_device_plan() -> None:
    plan = device_plan.FilterModule().filters()["device_plan"]
    assert plan({"nodes": []}, {})["refusal"] == ""
    found = plan({"nodes": []}, {"nvidia": {"nodes": [{"selector": "pool=x"}]}}, "mirror.example")
    assert found["refusal"].startswith("Selector 'pool=x' matches none of 0 nodes: no node has the label pool.")
    with pytest.raises(AnsibleFilterError, match="did you mean 'nvdp'"):
        plan({"nodes": []}, {"nvidia": {"owner": "nvpd"}})


def test_packed_facts() -> None:
    unpack = unpack_facts.FilterModule().filters()["unpack_facts"]
    plan = device_plan.FilterModule().filters()["device_plan"]
    facts = {"nodes": [{"name": "gpu-1", "labels": {"pool": "x"}}]}
    wishes = {"nvidia": {"nodes": [{"selector": "pool=x"}]}}
    assert unpack(pack(facts)) == facts
    assert plan(pack(facts), wishes) == plan(facts, wishes)
    for read in (unpack, lambda text: plan(text, {})):
        with pytest.raises(AnsibleFilterError, match="no packed facts"):
            read("nodes")


def test_preflight_table_names_clusters_without_a_result() -> None:
    table = preflight_table.FilterModule().filters()["preflight_table"]
    text = table({"b": [FINDING], "a": None})
    assert text.startswith("b: 1 error")
    assert text.endswith("a: could not be looked at; see its error above")


def test_option_names(tmp_path: Path) -> None:
    (tmp_path / "some.yml").write_text("argument_specs: {main: {options: {b: {}, a: {}}}, other: {}}", encoding="utf-8")
    (tmp_path / "none.yml").write_text("argument_specs:", encoding="utf-8")
    names = option_names.FilterModule().filters()["option_names"]
    assert names([str(tmp_path / "some.yml"), str(tmp_path / "none.yml")]) == ["a", "b"]
