# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Values of options as what they stand for. YAML, -e and templates bring `false` as a text, which Python holds true."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .problem import DevicePlanError

_FLAGS = {**dict.fromkeys(("true", "yes", "on"), True), **dict.fromkeys(("false", "no", "off"), False)}
#: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_LABEL = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def typed(where: str, value: Any, like: Any) -> Any:
    """Return the value in the type of a default; refuse what is something else."""
    if isinstance(like, bool):
        return flag(where, value)
    if isinstance(like, (list, Mapping)):
        kind = list if isinstance(like, list) else Mapping
        if not isinstance(value, kind):
            raise DevicePlanError(f"{where} must be a {'list' if kind is list else 'mapping'}, not {value!r}")
        return value
    if isinstance(like, int):
        if not re.fullmatch(r"-?\d+", str(value)):
            raise DevicePlanError(f"{where} must be a whole number, not {value!r}")
        return int(value)
    return text(where, value)


def flag(where: str, value: Any) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    if str(value).lower() not in _FLAGS:
        raise DevicePlanError(f"{where} must be true or false, not {value!r}")
    return _FLAGS[str(value).lower()]


def text(where: str, value: Any) -> str:
    """Return a text; numbers are texts to Kubernetes."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise DevicePlanError(f"{where} must be a text, not {value!r}")
    return str(value)


def label(where: str, value: Any) -> str:
    """Return a text that can be the value of a node's label."""
    if not _LABEL.fullmatch(text(where, value)):
        problem = f"{where} is {value!r}, which no label of a node can be"
        raise DevicePlanError(f"{problem}; write at most 63 letters, digits, '-', '_' and '.'.")
    return str(value)
