# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Rates and sizes as people write them. One function each; everything else counts in bytes."""

from __future__ import annotations

import math
import re

from .errors import BadSpec

UNLIMITED = "unlimited"
_RATE = re.compile(r"^\s*(\d{1,15}(?:\.\d+)?)\s*([A-Za-z]*)(/s)?\s*$")
_SIZE = re.compile(r"^\s*(\d{1,15}(?:\.\d+)?)\s*([A-Za-z]*)\s*$")
_BYTES = {
    "B": 1.0,
    "kB": 1e3,
    "KB": 1e3,
    "MB": 1e6,
    "GB": 1e9,
    "TB": 1e12,
    "KiB": 2.0**10,
    "MiB": 2.0**20,
    "GiB": 2.0**30,
    "TiB": 2.0**40,
}
_BITS = {"bit": 0.125, "kbit": 125.0, "mbit": 125e3, "gbit": 125e6}
#: below this a single network packet takes longer than a second
SMALLEST_RATE = 1024.0


def parse_rate(value: str) -> float | None:
    """Bytes per second, or None for `unlimited`: `300Mbit/s` (1000-based), `40MiB/s` (1024-based), `40MB/s`."""
    if value.strip().lower() == UNLIMITED:
        return None
    found = _RATE.match(value)
    number, unit, per_second = found.groups() if found else ("", "", "")
    if not found or not per_second or not unit:
        raise BadSpec(f"rate {value!r} is not understood", _rate_step(number))
    factor = _BYTES.get(unit) or _BITS.get(unit.lower())
    if factor is None:
        raise BadSpec(f"rate {value!r} has the unknown unit {unit!r}", _rate_step(number))
    rate = float(number) * factor
    if rate == 0:
        raise BadSpec(f"rate {value!r} would never finish", f"Write a rate above zero, or {UNLIMITED}")
    if rate < SMALLEST_RATE:
        raise BadSpec(f"rate {value!r} is below 1 KiB/s", "Write a larger rate; check bit against byte")
    return rate


def _rate_step(number: str) -> str:
    number = number if number and float(number) else "40"
    return f"Write {number}Mbit/s (bits), {number}MiB/s (bytes), or {UNLIMITED}"


def format_rate(rate: float | None) -> str:
    return UNLIMITED if rate is None else f"{format_size(rate)}/s"


def parse_size(value: str) -> int:
    """Bytes: `20GiB`, `500MB`; nothing needs no unit."""
    if value.strip() == "0":
        return 0
    found = _SIZE.match(value)
    number, unit = found.groups() if found else ("", "")
    if not found or unit not in _BYTES:
        raise BadSpec(f"size {value!r} is not understood", f"Write {number or '20'}GiB or {number or '20'}GB")
    return int(float(number) * _BYTES[unit])


def format_size(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.2f} TiB"


def format_seconds(seconds: float | None) -> str:
    if seconds is None or not math.isfinite(seconds):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
