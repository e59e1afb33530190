# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Drivers, cards and the images that run with them."""

from __future__ import annotations

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints import cuda


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        ("580.65.06", "13.0"),
        ("575.57.08", "12.9"),
        ("550.163.01", "12.4"),
        ("535.104", "12.2"),
        ("470.57.02", "11.4"),
        ("999.1", "13.1"),
        ("418.67", None),
        (None, None),
    ],
)
def test_newest(driver: str | None, expected: str | None) -> None:
    assert cuda.newest(driver) == expected


@pytest.mark.parametrize(
    ("driver", "compute", "expected"),
    [
        ("580.65.06", "8.0", "cuda13.0.3"),
        ("535.104.12", "8.0", "cuda12.9.1"),
        ("580.65.06", "7.0", "cuda12.6.3"),
        ("535.104.12", "7.0", "cuda12.6.3"),
        ("535.104.12", None, "cuda12.9.1"),
        (None, "7.0", "cuda12.6.3"),
        ("470.57.02", "8.0", None),
        ("580.65.06", "3.5", None),
    ],
)
def test_runs(driver: str | None, compute: str | None, expected: str | None) -> None:
    tag = cuda.runs(driver, compute)
    assert (expected in tag) if tag and expected else tag is expected


@pytest.mark.parametrize(
    ("driver", "words"),
    [
        ("535.104.12", ("Use image.tag ubuntu22.04-cuda12.9.1-", "or upgrade the driver to 580 or newer.")),
        ("470.57.02", ("Upgrade the driver to 580 or newer;", "publishes no image for this one.")),
    ],
)
def test_remedy(driver: str, words: tuple[str, str]) -> None:
    told = cuda.remedy(driver, "8.0", "580")["driver"]
    assert told.startswith(words[0])
    assert told.endswith(words[1])
