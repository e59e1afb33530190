# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Kubernetes quantities as exact numbers.

Grammar: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from fractions import Fraction

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkKMGTPE]i?)?)")
_SUFFIXES = {
    "": Fraction(1),
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", 1)},
}


def parse_quantity(value: str | float) -> Fraction:
    """The exact value of a quantity: `1000m` is 1, `1Gi` is 1073741824. Raises ValueError for anything else."""
    match = _FORM.fullmatch(str(value).strip())
    if match is None or (match[3] or "") not in _SUFFIXES:
        raise ValueError(f"{value!r} is not a quantity: write a number with an optional suffix, as 500m, 2 or 16Gi")
    number = Fraction(match[1])
    return number * Fraction(10) ** int(match[2][1:]) if match[2] else number * _SUFFIXES[match[3] or ""]


def same_quantity(one: str | float, other: str | float) -> bool:
    """Whether two quantities are the same amount."""
    try:
        return parse_quantity(one) == parse_quantity(other)
    except ValueError:
        return False
