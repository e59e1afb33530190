"""ms-swift's command line: any option of the command's dataclass, values up to the next option, nothing unknown."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import log

TABLE = Path(__file__).with_name("options.json")
Values = dict[str, Any]


def parse(command: str, argv: Sequence[str]) -> Values:
    """The options with their defaults; leaves the process as ms-swift does when one is wrong."""
    known: Mapping[str, Mapping[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))["commands"][command]
    values = {name: option.get("default") for name, option in known.items()}
    left: list[str] = []
    for name, words in _groups(argv):
        if name not in known:
            left += [f"--{name}" if name else "", *words]
            continue
        values[name] = _value(name, words, known[name])
    left = [word for word in left if word]
    if left:
        if _true(values.get("ignore_args_error")):
            log.warning(f"remaining_argv: {left}")
        else:
            raise ValueError(f"remaining_argv: {left}")
    return values


def truth(values: Values, name: str) -> bool:
    """An option that is true or false."""
    return _true(values.get(name))


def number(values: Values, name: str, default: int) -> int:
    """An option that is a whole number."""
    value = values.get(name)
    return default if value in (None, "", "None") else int(value)


def text(values: Values, name: str) -> str:
    """An option that is a word."""
    value = values.get(name)
    value = value[0] if isinstance(value, list) and value else value
    return "" if value is None or value == [] else str(value)


def _groups(argv: Sequence[str]) -> list[tuple[str, list[str]]]:
    groups: list[tuple[str, list[str]]] = []
    for word in argv:
        if word.startswith("--"):
            name, sign, value = word[2:].partition("=")
            groups.append((name.replace("-", "_"), [value] if sign else []))
        elif groups:
            groups[-1][1].append(word)
        else:
            groups.append(("", [word]))
    return groups


def _value(name: str, words: list[str], option: Mapping[str, Any]) -> Any:
    choices = option.get("choices")
    for word in words:
        if choices and word not in [str(choice) for choice in choices]:
            print(f"error: argument --{name}: invalid choice: {word!r} (choose from {choices})", file=sys.stderr)
            raise SystemExit(2)
    if not words:
        return True
    return words if len(words) > 1 else words[0]


def _true(value: Any) -> bool:
    return str(value).lower() in ("true", "1", "yes")
