# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the entries of an inventory's lists, and its rates, say that nobody understands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._cache.errors import BadSpec
from .._cache.rate import parse_rate
from .._release.options import ENTRY, ROLE_KEYS
from .._seed.arguments import ARGUMENTS
from .nearest import nearest

Data = Mapping[str, Any]
#: memory_mib is for those who call the module: the releases of the role have no such key.
RELEASE_KEYS = frozenset((*ENTRY, *ROLE_KEYS, "memory_mib"))
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


def strange_rates(rates: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rates, by variable, that cannot be read, as subjects."""
    return [{"subject": variable, **said} for variable, text in rates.items() if (said := _strange_rate(text))]


def _strange_rate(text: Any) -> dict[str, str]:
    try:
        parse_rate(str(text or "unlimited"))
    except BadSpec as problem:
        return {"problem": problem.message[:1].upper() + problem.message[1:], "advice": problem.next_step}
    return {}
