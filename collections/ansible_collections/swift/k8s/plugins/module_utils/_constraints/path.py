# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Paths into plain data: `node.labels[nvidia.com/gpu.product]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from .errors import RuleError

# A bracket holds one key as it is, so that keys with dots and slashes (labels) can be named.
_STEP = re.compile(r"\[(?P<key>[^\]]+)\]|(?P<name>[^.\[\]]+)")
_WHOLE = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[^\]]+\])*")


class Missing:
    """The value of a path that leads nowhere; there is one instance, `MISSING`."""

    def __repr__(self) -> str:
        return "unknown"


MISSING = Missing()


@cache
def steps(path: str) -> tuple[str, ...]:
    """Split a path into keys. Rules have a hundred of them, and ask each of a thousand nodes."""
    if not _WHOLE.fullmatch(path):
        raise RuleError(f"malformed field {path!r}; write names joined by dots, keys with dots in brackets: a.b[c.d/e]")
    return tuple(found.group("key") or found.group("name") for found in _STEP.finditer(path))


def lookup(data: Any, path: str) -> Any:
    """Return the value at `path`, or MISSING. None counts as missing: a fact that nobody could learn."""
    for key in steps(path):
        if not isinstance(data, Mapping) or data.get(key) is None:
            return MISSING
        data = data[key]
    return data
