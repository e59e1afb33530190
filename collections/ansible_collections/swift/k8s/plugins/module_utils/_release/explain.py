# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Helm's errors for people: the template's line, the values key, the owner of an object; no Go dump. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._constraints.nearest import nearest

_NOISE = re.compile(r"^(WARNING: |walk\.go|coalesce\.go|warning: |level=|I\d{4} |W\d{4} )")
_TEMPLATE = re.compile(
    r"(?:execution error at|template:) \(?(?P<where>[^:()\s]+:\d+)(?::\d+)?\)?:? ?(?P<what>.*)", re.S
)
_SCHEMA = "values don't meet the specifications of the schema"
_REFUSED = "the chart refuses these values: "
#: How Helm 3.17 and later releases write the same two things.
_UNKNOWN = (
    re.compile(r"^(?P<at>\S+): Additional property (?P<names>\S+) is not allowed$"),
    re.compile(r"^at '(?P<at>[^']*)': additional propert(?:y|ies) (?P<names>.+) not allowed$"),
)
_WRONG = (
    re.compile(r"^(?P<at>\S+): (?P=at) (?P<what>.+)$"),
    re.compile(r"^at '(?P<at>[^']*)': (?:value )?(?P<what>.+)$"),
)
_FOREIGN = re.compile(
    r"(?P<kind>\w+) \"(?P<name>[^\"]+)\" in namespace \"(?P<namespace>[^\"]*)\" exists and cannot be imported"
    r".*?(?:current value is \"(?P<owner>[^\"]+)\"|$)",
    re.S,
)


def helm(stderr: str) -> str:
    """What helm printed, in a sentence."""
    lines = [line for line in stderr.strip().splitlines() if line.strip() and not _NOISE.match(line)]
    message = "\n".join(lines).replace("Error: ", "", 1)
    message = re.sub(r"^(UPGRADE|INSTALLATION|ROLLBACK) FAILED: ", "", message)
    if _SCHEMA in message:
        return _REFUSED + "; ".join(_problem(line.strip()) for line in message.splitlines()[1:])
    foreign = _FOREIGN.search(message)
    if foreign:
        return _foreign(foreign)
    match = _TEMPLATE.search(message)
    if match:
        what = match.group("what").rpartition(">: ")[2] or match.group("what")
        return f"template {match.group('where')}: {' '.join(what.split())}"
    return message or "failed without a message; run it by hand with --debug"


def hinted(message: str, schema: bytes) -> str:
    """The same message with the nearest known name beside each unknown value. schema: the chart's."""
    if _REFUSED not in message:
        return message
    known: Mapping[str, Any] = json.loads(schema)
    return re.sub(r"(\S+) is no value of the chart", lambda found: found[0] + _near(found[1], known), message)


def _near(dotted: str, schema: Mapping[str, Any]) -> str:
    *above, last = dotted.split(".")
    for step in above:
        schema = (schema.get("properties") or {}).get(step) or {}
    names = list(schema.get("properties") or {})
    near = nearest(last, names)
    if near:
        return f" (did you mean {'.'.join([*above, near])}?)"
    return f" (known are {', '.join(sorted(names))})" if names else ""


def _problem(line: str) -> str:
    if not line.startswith("- "):
        return line.rstrip(":")  # the chart's name
    text = line[2:]
    for pattern in _UNKNOWN:
        if found := pattern.match(text):
            return ", ".join(f"{name} is no value of the chart" for name in _names(found["at"], found["names"]))
    for pattern in _WRONG:
        if found := pattern.match(text):
            return f"{_dotted(found['at']) or 'the values'}: {found['what']}"
    return text


def _names(at: str, names: str) -> Iterator[str]:
    place = _dotted(at)
    for name in names.split(", "):
        yield f"{place}.{name.strip(chr(39))}" if place else name.strip("'")


def _dotted(at: str) -> str:
    return "" if at in ("", "(root)") else at.strip("/").replace("/", ".")


def _foreign(found: re.Match[str]) -> str:
    place = f"{found['namespace']}/" if found["namespace"] else ""
    owner = f"belongs to release {found['owner']}" if found["owner"] else "belongs to no release"
    return (
        f"{found['kind']} {place}{found['name']} is there and {owner}; "
        "give the release another name, remove the object, or adopt it with take_ownership: true"
    )
