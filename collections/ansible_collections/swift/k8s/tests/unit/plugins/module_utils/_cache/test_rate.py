# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Rates and sizes: what people write, and the sentence they get when it cannot be meant."""

from __future__ import annotations

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import BadSpec
from ansible_collections.swift.k8s.plugins.module_utils._cache.rate import (
    format_rate,
    format_seconds,
    format_size,
    parse_rate,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("300Mbit/s", 37_500_000.0),
        ("300 mbit/s", 37_500_000.0),
        ("1Gbit/s", 125_000_000.0),
        ("40MiB/s", 40.0 * 2**20),
        ("1.5GiB/s", 1.5 * 2**30),
        ("40MB/s", 40e6),
        ("64KiB/s", 65536.0),
        ("unlimited", None),
        (" Unlimited ", None),
    ],
)
def test_rates(text: str, rate: float | None) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("40", "Write 40Mbit/s"),
        ("40MiB", "Write 40Mbit/s"),
        ("40Mb/s", "unknown unit 'Mb'"),
        ("40mb/s", "unknown unit 'mb'"),
        ("40Mbps", "Write 40Mbit/s"),
        ("", "not understood"),
        ("fast", "not understood"),
        ("-3MiB/s", "not understood"),
        ("0MiB/s", "would never finish"),
        ("100bit/s", "below 1 KiB/s"),
    ],
)
def test_wrong_rates_say_what_to_write(text: str, said: str) -> None:
    with pytest.raises(BadSpec) as caught:
        parse_rate(text)
    assert said in str(caught.value)
    assert repr(text) in caught.value.message


@pytest.mark.parametrize(
    ("text", "size"), [("20GiB", 20 * 2**30), ("500MB", 500_000_000), ("0B", 0), ("1.5 KiB", 1536)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["20", "20G", "many", "GiB", "9" * 400 + "GiB"])
def test_wrong_sizes_say_what_to_write(text: str) -> None:
    with pytest.raises(BadSpec, match=r"Write .*GiB"):
        parse_size(text)


def test_formats() -> None:
    assert [format_size(count) for count in (0, 1023, 1536, 5 * 2**20, 3 * 2**30, 2 * 2**40)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "5.0 MiB",
        "3.0 GiB",
        "2.00 TiB",
    ]
    assert format_rate(None) == "unlimited"
    assert format_rate(2**20) == "1.0 MiB/s"
    assert [format_seconds(value) for value in (None, float("inf"), 5, 65, 3661)] == [
        "?",
        "?",
        "0:05",
        "1:05",
        "1:01:01",
    ]
