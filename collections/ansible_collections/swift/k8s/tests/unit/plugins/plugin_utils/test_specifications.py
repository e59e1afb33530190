# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What argument specifications say of variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.plugin_utils import specifications

TEXT = """
argument_specs:
  main:
    options:
      port: {type: int, default: "{{ x }}", description: It.}
      keep: {choices: [all, listed], default: all}
  other:
    options:
      parts: {type: list, elements: dict, options: {b: {type: str, required: true, default: c}}}
  none: {}
"""
OPTIONS = {
    "port": {"type": "int"},
    "keep": {"choices": ["all", "listed"]},
    "parts": {"type": "list", "elements": "dict", "options": {"b": {"type": "str", "required": True}}},
}


def test_files_are_read_without_defaults(tmp_path: Path) -> None:
    (tmp_path / "some.yml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "none.yml").write_text("argument_specs:\n", encoding="utf-8")
    assert specifications.read([str(tmp_path / "some.yml"), str(tmp_path / "none.yml")]) == OPTIONS


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"port": "80", "keep": "all", "parts": []}, []),
        ({"port": "http"}, ["argument 'port' is of type"]),
        ({"keep": "none"}, ["value of keep must be one of: all, listed, got: none"]),
        ({"parts": [{}]}, ["missing required arguments: b found in parts"]),
        ({"port": None, "parts": None}, ["parts is null: write [] or {} for none"]),
    ],
)
def test_wrong_values(values: dict[str, Any], told: list[str]) -> None:
    found = specifications.wrong(values, OPTIONS)
    assert len(found) == len(told)
    assert all(sentence.startswith(beginning) for sentence, beginning in zip(found, told))


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["storage_claims"], []),
        (["storage_claim"], ["storage_claim is no variable, did you mean storage_claims?"]),
        (["preflight_zzzzzzzzzzzz"], []),
    ],
)
def test_misspelt_names(names: list[str], told: list[str]) -> None:
    assert specifications.misspelt(names, ["storage_claims", "model_cache_volume"]) == told
