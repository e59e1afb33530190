# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Conditions: what holds, and what is refused when a rule is loaded."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.condition import check, holds
from ansible_collections.swift.k8s.plugins.module_utils._constraints.errors import RuleError

NODE = {
    "name": "gpu-1",
    "driver": "535.104.12",
    "ready": True,
    "count": 8,
    "vendors": ["nvidia"],
    "product": None,
    "labels": {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"},
    "image": {"min_driver": "580", "cuda": "13.0"},
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"name": "gpu-1"}, True),
        ({"name": "gpu-2"}, False),
        ({"ready": True, "count": 8}, True),
        ({"ready": True, "count": 9}, False),
        ({"product": {"exists": False}}, True),
        ({"nowhere.at.all": {"exists": True}}, False),
        ({"labels[nvidia.com/gpu.product]": {"matches": "A100"}}, True),
        ({"driver": {"at_least": {"field": "image.min_driver"}}}, False),
        ({"driver": {"below": "580"}}, True),
        ({"driver": {"at_least": {"field": "image.unknown"}}}, False),
        ({"driver": {"above": "535", "at_most": "535.104.12"}}, True),
        ({"count": {"in": [4, 8]}}, True),
        ({"count": {"not_in": [4, 8]}}, False),
        ({"name": {"at_least": 1}}, False),
        ({"product": {"at_least": 1}}, False),
        ({"vendors": {"contains": "nvidia"}}, True),
        ({"vendors": {"lacks": "ascend"}}, True),
        ({"labels": {"contains": "nvidia.com/gpu.product"}}, True),
        ({"driver": {"contains": 104}}, True),
        ({"count": {"contains": 8}}, False),
        ({"count": {"lacks": 8}}, True),
        ({"name": {"in": {"field": "count"}}}, False),
        ({"vendors": {"in": {"field": "labels"}}}, False),
        ({"product": {"lacks": "x"}}, True),
        ({"vendors": {"empty": True}}, False),
        ({"product": {"empty": True}}, True),
        ({"name": {"is_not": "gpu-2"}}, True),
        ({"any_of": [{"name": "x"}, {"ready": True}]}, True),
        ({"all_of": [{"name": "x"}, {"ready": True}]}, False),
        ({"none_of": [{"name": "x"}, {"ready": False}]}, True),
    ],
)
def test_holds(condition: dict[str, Any], expected: bool) -> None:
    check(condition, "rule")
    assert holds(condition, NODE) is expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ([], "must be a mapping"),
        ({"driver": {"atleast": "1"}}, "did you mean 'at_least'"),
        ({"any_of": {"name": "x"}}, "must be a list of conditions"),
        ({"any_of": [{"a..b": 1}]}, "malformed field 'a..b'"),
        ({"driver": {"is": {"path": "x"}}}, "must be {field: name}"),
        ({"driver": {"in": "abc"}}, "needs a list"),
        ({"driver": {"matches": "("}}, "not a regular expression"),
        ({"driver": {"matches": 7}}, "not a regular expression"),
    ],
)
def test_refused(condition: Any, message: str) -> None:
    with pytest.raises(RuleError, match=message.replace("{", r"\{").replace("(", r"\(")):
        check(condition, "rule 'x'.when")
