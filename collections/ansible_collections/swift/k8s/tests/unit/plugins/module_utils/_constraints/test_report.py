# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Findings, and how people and CI systems read them."""

from __future__ import annotations

import dataclasses
from typing import Any
from xml.etree import ElementTree as ET

from ansible_collections.swift.k8s.plugins.module_utils._constraints.evaluate import evaluate, fill, of_level, readable
from ansible_collections.swift.k8s.plugins.module_utils._constraints.junit import junit
from ansible_collections.swift.k8s.plugins.module_utils._constraints.path import MISSING
from ansible_collections.swift.k8s.plugins.module_utils._constraints.report import WIDTH, headline, summary, table
from ansible_collections.swift.k8s.plugins.module_utils._constraints.rules import load

RULES = load(
    [
        {
            "id": "cordoned",
            "level": "info",
            "for_each": "nodes",
            "expect": {"schedulable": True},
            "message": "The node is cordoned.",
            "next_step": "Uncordon it.",
        },
        {
            "id": "driver-too-old",
            "level": "error",
            "for_each": "nodes",
            "when": {"driver": {"exists": True}},
            "expect": {"driver": {"at_least": "580"}},
            "message": "Driver {driver} is older than 580.",
            "next_step": "Upgrade the driver.",
            "source": "a table",
        },
    ]
)
NODES: list[dict[str, Any]] = [
    {"subject": f"gpu-{number:03}", "driver": "535.104", "schedulable": True} for number in range(12)
] + [{"subject": "cpu-1", "schedulable": False}]


def findings(silenced: dict[str, str]) -> list[Any]:
    return evaluate(RULES, {"nodes": NODES}, silenced)


def test_errors_come_first_and_unknown_fields_are_not_held_against_anyone() -> None:
    found = findings({})
    assert [item.level for item in found] == ["error"] * 12 + ["info"]
    assert found[0].message == "Driver 535.104 is older than 580."
    assert len(of_level(found, "error")) == 12


def test_one_row_for_many_nodes_within_the_width() -> None:
    text = table({"prod": [item.to_dict() for item in findings({})]})
    assert text.splitlines()[0] == "prod: 12 errors, 1 info"
    assert "gpu-000, gpu-001 and 10" in text
    assert text.count("Driver 535.104") == 1
    assert "[driver-too-old]" in text
    assert "-> Upgrade the driver." in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_two_clusters_in_one_table() -> None:
    text = table({"b": [], "a": [item.to_dict() for item in findings({"driver-too-old": "renewed in May"})]})
    assert text.startswith("a: 1 info, 12 silenced")
    assert text.endswith("b: nothing to report")
    assert "driver-too-old, because: renewed in May" in text


def test_the_failure_in_one_line() -> None:
    text = headline([item.to_dict() for item in findings({})], "error")
    assert text == (
        "preflight found 12 errors: gpu-000, gpu-001 and 10 more: Driver 535.104 is older than 580. Upgrade the driver."
    )
    many = [{**item.to_dict(), "message": str(number)} for number, item in enumerate(findings({}))]
    assert headline(many, "error").endswith("| and 9 more kinds; see the table")


def test_junit() -> None:
    root = ET.fromstring(junit("prod", RULES, findings({})))
    assert root.attrib == {"name": "prod", "tests": "2", "failures": "1", "skipped": "0", "errors": "0"}
    assert "535.104" in (root.findtext("testcase[@name='driver-too-old']/failure") or "")
    assert "Uncordon" in (root.findtext("testcase[@name='cordoned']/system-out") or "")
    silent = ET.fromstring(junit("prod", RULES, findings({"driver-too-old": "known"})))
    skipped = silent.find("testcase[@name='driver-too-old']/skipped")
    assert skipped is not None
    assert skipped.get("message") == "known"


def test_junit_of_a_log_with_colours() -> None:
    red = [
        dataclasses.replace(item, message="\x1b[31mno device\x1b[0m \x00 \N{GRINNING FACE}") for item in findings({})
    ]
    root = ET.fromstring(junit("prod", RULES, red))
    assert "no device" in (root.findtext("testcase[@name='driver-too-old']/failure") or "")
    assert "\N{GRINNING FACE}" in (root.findtext("testcase[@name='cordoned']/system-out") or "")


def test_words_for_values() -> None:
    values = [MISSING, True, False, 3.0, 2.5, {"b": 1, "a": 2}, ["x"], list("abcdef"), []]
    assert [readable(value) for value in values] == [
        "unknown",
        "yes",
        "no",
        "3",
        "2.5",
        "a=2, b=1",
        "x",
        "a, b, c, d and 2 more",
        "none",
    ]
    assert fill("{a.b} of {c}", {"a": {"b": "x"}}) == "x of unknown"
    assert summary([]) == "nothing to report"
