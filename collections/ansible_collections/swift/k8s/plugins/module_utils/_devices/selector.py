# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Label selectors, as kubectl writes them: `pool=dev,tier!=test,zone in (a, b),!spare`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from .problem import DevicePlanError

Labels = Mapping[str, str]
_KEY = r"(?P<key>[A-Za-z0-9][-A-Za-z0-9_./]*)"
_TERMS = (
    (re.compile(rf"{_KEY}\s+(?P<operator>in|notin)\s*\((?P<values>[^)]*)\)"), "set"),
    (re.compile(rf"{_KEY}\s*(?P<operator>!=|==|=)\s*(?P<values>[-A-Za-z0-9_.]*)"), "equality"),
    (re.compile(rf"(?P<operator>!)\s*{_KEY}"), "absence"),
    (re.compile(_KEY), "presence"),
)


def parse(text: str) -> Callable[[Labels], bool]:
    """Return a test of labels. An empty selector selects everything."""
    # Commas inside parentheses belong to a set.
    terms = [_term(part.strip(), text) for part in re.split(r",(?![^()]*\))", text) if part.strip()]
    return lambda labels: all(term(labels) for term in terms)


def _term(part: str, whole: str) -> Callable[[Labels], bool]:
    for pattern, kind in _TERMS:
        found = pattern.fullmatch(part)
        if found:
            return _test(kind, found.groupdict())
    raise DevicePlanError(
        f"label selector {whole!r}: cannot read {part!r}; write key=value, key!=value, key in (a, b), key or !key"
    )


def _test(kind: str, term: Mapping[str, str]) -> Callable[[Labels], bool]:
    key = term["key"]
    if kind == "presence":
        return lambda labels: key in labels
    if kind == "absence":
        return lambda labels: key not in labels
    wanted = {value.strip() for value in term["values"].split(",")}
    if term["operator"] in {"notin", "!="}:
        return lambda labels: labels.get(key) not in wanted
    return lambda labels: labels.get(key) in wanted
