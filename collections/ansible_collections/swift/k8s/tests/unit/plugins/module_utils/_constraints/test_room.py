# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A claim is measured by the models that are to live on it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.errors import RuleError
from ansible_collections.swift.k8s.plugins.module_utils._constraints.room import room
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

QWEN_72B = {"id": "Qwen/Qwen2.5-72B-Instruct"}
LLAMA = {"id": "LLM-Research/Meta-Llama-3-70B-Instruct"}


def test_bytes_of_known_weights() -> None:
    found = room({"size": "200Gi"}, [QWEN_72B, LLAMA, {"id": "acme/own"}])
    assert found
    assert found["models"] == [LLAMA["id"], QWEN_72B["id"]]
    # 72,706,203,648 and 70,553,706,496 parameters of 2 bytes
    assert found["needed"] == 2 * (72706203648 + 70553706496) + 2**30
    assert found["needed"] > found["bytes"] == 200 * 2**30
    assert (found["gib"], found["advice"]) == (266.8, "268Gi")


@pytest.mark.parametrize(
    ("claim", "models"),
    [
        ({}, [QWEN_72B]),
        ({"size": "1Gi"}, []),
        ({"size": "1Gi"}, [{"id": "acme/own"}]),
        ({"size": "1Gi"}, [{**QWEN_72B, "include": ["*.json"]}]),
        ({"size": "1Gi"}, [{**QWEN_72B, "type": "dataset"}]),
    ],
)
def test_what_is_not_known_is_not_judged(claim: dict[str, Any], models: list[dict[str, Any]]) -> None:
    assert room(claim, models) is None


def test_a_size_that_is_none_is_said() -> None:
    with pytest.raises(RuleError, match="claim models: size 'big' is no size; write a number and a unit"):
        room({"name": "models", "size": "big"}, [QWEN_72B])


def test_only_the_claim_of_the_cache_is_measured() -> None:
    claims = [{"name": "models", "size": "10Gi"}, {"name": "results", "size": "10Gi"}]
    wishes = normalise({"claims": claims, "models": [QWEN_72B], "models_claim": "models"})
    assert [bool(claim["room"]) for claim in wishes["claims"]] == [True, False]
