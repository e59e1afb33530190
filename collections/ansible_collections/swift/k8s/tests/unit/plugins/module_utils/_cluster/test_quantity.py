"""Quantities are compared by their value."""

from __future__ import annotations

from fractions import Fraction

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.quantity import parse_quantity, same_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        (2, 2),
        ("1000m", 1),
        ("0.5", Fraction(1, 2)),
        ("1Gi", 2**30),
        ("1G", 10**9),
        ("1e3", 1000),
        ("12E", 12 * 10**18),
        ("2Ki", 2048),
        ("100u", Fraction(1, 10**4)),
    ],
)
def test_parse(text: str, value: Fraction) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize("text", ["", "Gi", "1GB", "1 Gi", "one", "mi"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(text)


def test_same() -> None:
    assert same_quantity("1024Mi", "1Gi")
    assert not same_quantity("1Gi", "1G")
    assert not same_quantity("1Gi", "plenty")
