# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Names people meant when they mistyped one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Optional


def nearest(name: str, known: Iterable[str]) -> Optional[str]:
    """Return the known name closest to `name`, or None when nothing is close."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return close[0] if close else None


def unknown(noun: str, name: str, known: Iterable[str]) -> str:
    """Say that `name` is no known `noun`, and which one was probably meant."""
    names = sorted(known)
    close = nearest(name, names)
    if close:
        return f"unknown {noun} {name!r}; did you mean {close!r}?"
    return f"unknown {noun} {name!r}; known are {', '.join(names)}"
