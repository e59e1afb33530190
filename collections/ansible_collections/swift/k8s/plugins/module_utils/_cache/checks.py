# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Single keys of a document: known, one of a few, a number, a list of patterns. Pure."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from .._hub.names import id_problem
from .errors import BadSpec


def known(entry: Any, keys: frozenset[str], where: str) -> None:
    if not isinstance(entry, Mapping):
        raise BadSpec(f"{where} is not an object with keys", f"Known keys: {', '.join(sorted(keys))}")
    for key in entry:
        if key not in keys:
            close = difflib.get_close_matches(str(key), keys, 1)
            step = f"Did you mean {close[0]}?" if close else f"Known keys: {', '.join(sorted(keys))}"
            raise BadSpec(f"{where} has the unknown key {key!r}", step)


def choice(entry: Mapping[str, Any], key: str, choices: Sequence[str], default: str, where: str) -> str:
    value = str(entry.get(key) or default)
    if value not in choices:
        raise BadSpec(f"{where}.{key} {value!r} is not known", f"Write one of {', '.join(choices)}")
    return value


def number(entry: Mapping[str, Any], key: str, default: float, least: float) -> float:
    value = entry.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < least:
        raise BadSpec(f"{key} {value!r} is not a number of at least {least:g}", f"Leave it out for {default:g}")
    return value


def model_id(name: str, said: str) -> None:
    """BadSpec where a name is no id; `said` is what messages call it."""
    problem = id_problem(name)
    if problem:
        raise BadSpec(f"{said} {name!r} {problem}", "Write id: Qwen/Qwen2.5-7B-Instruct")


def flag(entry: Mapping[str, Any], key: str, where: str) -> bool:
    """A text is refused, whatever it says: "false" would count as true."""
    value = entry.get(key) or False
    if not isinstance(value, bool):
        raise BadSpec(f"{where}.{key} {value!r} is not true or false", f"Write {key}: true, without quotes")
    return value


def patterns(entry: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key) or ()
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(item, str) for item in value):
        raise BadSpec(f"{where}.{key} {value!r} is not a list of patterns", f'Write {key}: ["*.safetensors"]')
    return tuple(value)
