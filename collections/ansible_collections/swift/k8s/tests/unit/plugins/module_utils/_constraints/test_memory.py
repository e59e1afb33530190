"""A release of a known model has a least memory, although nobody wrote one down."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.settle import settle
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise


def release(model: Any, **more: Any) -> dict[str, Any]:
    values = {"accelerator": {"vendor": "nvidia", "count": 1}, "engine": {"backend": "vllm", **more.pop("engine", {})}}
    wishes = normalise({"releases": [{"name": "r", "model": model, "values": values, **more}]})
    found: dict[str, Any] = settle(wishes, {}, {})["releases"][0]
    return found


def test_known_model() -> None:
    short, long = (release("Qwen/Qwen2.5-7B-Instruct", engine={"maxModelLen": length}) for length in (4096, 32768))
    assert 16_000 < short["memory_mib"] < long["memory_mib"] < 24_000
    assert release({"id": "Qwen/Qwen2.5-7B-Instruct"})["memory_mib"] == short["memory_mib"]


@pytest.mark.parametrize(("more", "wanted"), [({"memory_mib": 5}, 5), ({}, None)])
def test_what_is_written_down_counts_and_the_unknown_has_none(more: dict[str, Any], wanted: Any) -> None:
    assert release("acme/own", **more)["memory_mib"] == wanted
