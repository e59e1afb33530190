# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Loading rules and silences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.errors import RuleError
from ansible_collections.swift.k8s.plugins.module_utils._constraints.rules import load, read, silences

GOOD: dict[str, Any] = {
    "id": "driver-too-old",
    "level": "error",
    "for_each": "nodes",
    "expect": {"driver": {"at_least": "580"}},
    "message": "driver {driver}",
    "next_step": "upgrade",
}


def test_a_good_rule() -> None:
    (rule,) = load([{**GOOD, "source": None}])
    assert (rule.id, rule.when, rule.source) == ("driver-too-old", {}, "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lvel": "error"}, "unknown key 'lvel'; did you mean 'level'?"),
        ({"level": "eror"}, "unknown level 'eror'; did you mean 'error'?"),
        ({"for_each": "node"}, "unknown for_each 'node'; did you mean 'nodes'?"),
        ({"id": "Driver too old"}, "an id is lower-case words"),
        ({"message": ""}, "lacks message"),
        ({"expect": None}, "neither 'when' nor 'expect'"),
        ({"message": "{a b..c}"}, "malformed field"),
        ({"when": {"driver": {"exist": True}}}, "did you mean 'exists'"),
        ({"message": 5}, "message must be a text, not 5"),
        ({"message": {"driver": None}}, "message must be a text, not {'driver': None}; quote it where it begins"),
        ({"source": ["a"]}, "source must be a text"),
        ({"when": []}, "when must be a mapping"),
        ({"expect": {True: 1}}, "a field is named by a text, not by True"),
        ({"expect": {"driver": {"is": {"field": 5}}}}, "a field is named by a text, not by 5"),
        ({"expect": {"driver": {1: 2}}}, "unknown operator '1'"),
        ({"expect": {"driver": {"exists": "no"}}}, "exists must be true or false, not 'no'"),
        ({"expect": {"any_of": []}}, "any_of must be a list of conditions"),
    ],
)
def test_refused_rules(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RuleError, match=re.escape(message)):
        load([{**GOOD, **change}])


def test_rules_must_be_mappings_with_unique_ids() -> None:
    with pytest.raises(RuleError, match="must be a mapping"):
        load(["x"])
    with pytest.raises(RuleError, match="defined twice"):
        load([GOOD, GOOD])


@pytest.mark.parametrize(
    ("silence", "message"),
    [
        ({"id": "driver-to-old", "reason": "x"}, "did you mean 'driver-too-old'"),
        ({"id": "driver-too-old"}, "has no reason"),
        ({"id": "driver-too-old", "reason": "  "}, "has no reason"),
        ({"id": "driver-too-old", "why": "x"}, "must be {id"),
    ],
)
def test_refused_silences(silence: dict[str, Any], message: str) -> None:
    with pytest.raises(RuleError, match=re.escape(message)):
        silences([silence], load([GOOD]))


def test_a_silence() -> None:
    silence = {"id": "driver-too-old", "reason": "lab nodes"}
    assert silences([silence], load([GOOD])) == {"driver-too-old": "lab nodes"}


def test_rules_are_read_from_files(tmp_path: Path) -> None:
    some, none, bad = tmp_path / "some.yml", tmp_path / "none.yml", tmp_path / "bad.yml"
    some.write_text("- {id: a}\n- {id: b}\n", encoding="utf-8")
    none.write_text("---\n", encoding="utf-8")
    bad.write_text("- {id\n", encoding="utf-8")
    assert read([str(some), str(none)]) == [{"id": "a"}, {"id": "b"}]
    for path in (bad, tmp_path / "absent.yml", tmp_path):
        with pytest.raises(RuleError, match=re.escape(f"rule_files: cannot read {path}")):
            read([str(some), str(path)])
