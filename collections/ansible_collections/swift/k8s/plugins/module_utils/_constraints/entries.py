# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the entries of an inventory's lists, and its rates, say that nobody understands. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from .._cache.errors import BadSpec
from .._cache.rate import UNLIMITED, parse_rate
from .._cache.schedule import parse_schedule, parse_window
from .._release.options import ENTRY, ROLE_KEYS
from .._seed.arguments import ARGUMENTS
from .nearest import nearest

Data = Mapping[str, Any]
#: memory_mib is for those who call the module: the releases of the role have no such key.
RELEASE_KEYS = frozenset((*ENTRY, *ROLE_KEYS, "memory_mib"))
SCHEDULE = "model_cache_rate_schedule"
MODEL_KEYS = frozenset(ARGUMENTS["models"]["options"])


def strange_keys(wishes: Data) -> list[dict[str, Any]]:
    """Return the keys of models and releases that do not exist, as subjects."""
    return [
        *_strange("model_cache_models", "id", wishes.get("models") or [], MODEL_KEYS),
        *_strange("ms_swift_releases", "name", wishes.get("releases") or [], RELEASE_KEYS),
    ]


def _strange(variable: str, title: str, entries: Iterable[Data], known: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {"subject": f"{variable} {entry.get(title) or '(unnamed)'}", "key": key, "advice": _advice(str(key), known)}
        for entry in entries
        for key in sorted(set(entry) - set(known), key=str)
    ]


def _advice(key: str, known: Iterable[str]) -> str:
    close = nearest(key, known)
    return f"Did you mean {close}?" if close else f"Known are {', '.join(sorted(known))}."


def strange_rates(rates: Mapping[str, Any], schedule: Any = None) -> list[dict[str, Any]]:
    """Return the rates, by variable, and the times with another one, that cannot be read, as subjects."""
    found = [_strange_rate(variable, text) for variable, text in rates.items()]
    return [each for each in (*found, *_strange_schedule(schedule)) if each]


def _strange_rate(variable: str, text: Any) -> dict[str, str]:
    said = _complaint(variable, partial(parse_rate, UNLIMITED if text in (None, "") else str(text)))
    return {**said, "problem": said["problem"][:1].upper() + said["problem"][1:]} if said else {}


def _strange_schedule(schedule: Any) -> Iterable[dict[str, str]]:
    """What the seeder would say of each entry, whose limits, days, times and time zones it reads when it starts."""
    if schedule in (None, ""):
        return
    if not isinstance(schedule, list):
        yield _complaint(SCHEDULE, partial(parse_schedule, schedule, SCHEDULE))
        return
    for number, entry in enumerate(schedule):
        named = f"{SCHEDULE}[{number}]"
        yield _complaint(named, partial(parse_window, entry, named))


def _complaint(subject: str, read: Callable[[], object]) -> dict[str, str]:
    try:
        read()
    except BadSpec as error:
        return {"subject": subject, "problem": error.message, "advice": error.next_step}
    return {}
