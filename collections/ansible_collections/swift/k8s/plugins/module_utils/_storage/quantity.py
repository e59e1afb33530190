# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Sizes as Kubernetes writes them (200Gi, 1T, 1.5e3)."""

from __future__ import annotations

import re
from decimal import Decimal

from .errors import StorageError

_UNITS = {
    "": Decimal(1),
    "k": Decimal(10) ** 3,
    **{unit: Decimal(10) ** (3 * power) for power, unit in enumerate("MGTPE", start=2)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)([A-Za-z]{0,2})")


def bytes_of(size: str) -> int:
    """The bytes that a size names, rounded up."""
    found = _QUANTITY.fullmatch(size.strip())
    if not found or found.group(2) not in _UNITS:
        raise StorageError(f"size '{size}' is not a size that Kubernetes knows. Write a number and a unit, e.g. 200Gi.")
    exact = Decimal(found.group(1)) * _UNITS[found.group(2)]
    return int(exact.to_integral_value(rounding="ROUND_CEILING"))
