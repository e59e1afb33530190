# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Order of numbers and of version texts such as `535.104.12`, `v1.34.2`, `8.2.RC1`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Optional

_NUMBERS = re.compile(r"\d+")


def key(value: Any) -> Optional[tuple[float, ...]]:
    """Return something sortable, or None when the value holds no number.

    A release candidate sorts before its release: 8.2.RC1 < 8.2.0, since -1 stands where the release has a number.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return tuple(float(part) for part in str(value).split("."))
    return _places(str(value))


@lru_cache(maxsize=1024)
def _places(text: str) -> Optional[tuple[float, ...]]:
    parts: list[float] = []
    for part in re.split(r"[.\-+_]", text.strip().lower().lstrip("v")):
        found = _NUMBERS.search(part)
        if not found:
            break
        if part.startswith("rc"):
            parts.append(-1.0)
        parts.append(float(found.group()))
    return tuple(parts) or None


def compare(left: Any, right: Any) -> Optional[int]:
    """Return -1, 0 or 1, or None when the two cannot be compared. Missing places count as zero: 13 == 13.0."""
    first, second = key(left), key(right)
    if first is None or second is None:
        return None
    width = max(len(first), len(second))
    padded = [places + (0.0,) * (width - len(places)) for places in (first, second)]
    return (padded[0] > padded[1]) - (padded[0] < padded[1])
