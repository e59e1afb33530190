"""What a device must have at least."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._plan.need import least_device_mib

SEVEN, SEVENTY = "Qwen/Qwen2.5-7B-Instruct", "llama3-70b"


@pytest.mark.parametrize(
    ("arguments", "low", "high"),
    [
        ((SEVEN, 1), 17_000, 20_000),
        ((SEVEN, 1, "transformers"), 15_000, 18_000),
        ((SEVEN, 1, "vllm", 0, "awq"), 7_500, 9_500),
        ((SEVENTY, 1), 150_000, 160_000),
        ((SEVENTY, 2), 75_000, 80_500),
        ((SEVENTY, 8), 19_000, 24_000),
    ],
)
def test_known_models(arguments: tuple[Any, ...], low: int, high: int) -> None:
    found = least_device_mib(*arguments)
    assert found is not None
    assert low < found < high


@pytest.mark.parametrize("arguments", [("acme/own", 1), (SEVEN, 0), (SEVEN, 1, "tgi")])
def test_nothing_is_said_about_the_unknown(arguments: tuple[Any, ...]) -> None:
    assert least_device_mib(*arguments) is None
