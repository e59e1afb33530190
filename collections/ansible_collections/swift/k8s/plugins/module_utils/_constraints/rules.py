# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules: loading and checking what people write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import condition
from .errors import RuleError
from .nearest import unknown
from .path import steps

LEVELS = ("error", "warning", "info")
SCOPES = (
    "claims",
    "cluster",
    "device_problems",
    "exporters",
    "images",
    "keys",
    "models",
    "mps_daemons",
    "namespaces",
    "nodes",
    "operators",
    "owners",
    "permissions",
    "placements",
    "probes",
    "rates",
    "releases",
    "variables",
    "warnings",
    "webhooks",
)
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Rule:
    """For each subject of a scope: where `when` holds, `expect` must hold too, or `message` is reported."""

    id: str
    level: str
    for_each: str
    message: str
    next_step: str
    source: str = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)


KEYS = tuple(Rule.__dataclass_fields__)
REQUIRED = ("id", "level", "for_each", "message", "next_step")


def read(paths: Iterable[str]) -> list[Any]:
    """Return the rules of YAML files as plain data."""
    return [rule for path in paths for rule in _document(path) or []]


def _document(path: str) -> Any:
    import yaml  # noqa: PLC0415  comes with the Kubernetes client; without it there is no connection either

    try:
        with open(path, encoding="utf-8") as file:
            return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RuleError(f"rule_files: cannot read {path}: {error}. Correct the file or its path.") from error


def load(data: Iterable[Any]) -> list[Rule]:
    """Return rules from plain data; ids are unique over all of it."""
    rules: dict[str, Rule] = {}
    for item in data:
        rule = _rule(item)
        if rule.id in rules:
            raise RuleError(
                f"rule {rule.id!r} is defined twice; rename yours, and silence the shipped one if it is wrong"
            )
        rules[rule.id] = rule
    return list(rules.values())


def _rule(item: Any) -> Rule:
    if not isinstance(item, Mapping):
        raise RuleError(f"a rule must be a mapping with {', '.join(REQUIRED)}, not {item!r}")
    name = f"rule {item.get('id', '?')!r}"
    for key in item:
        if key not in KEYS:
            raise RuleError(f"{name}: {unknown('key', str(key), KEYS)}")
    absent = [key for key in REQUIRED if not item.get(key)]
    if absent:
        raise RuleError(f"{name} lacks {', '.join(absent)}")
    if not _ID.fullmatch(str(item["id"])):
        raise RuleError(f"{name}: an id is lower-case words joined by hyphens, such as 'driver-too-old'")
    for key, known in (("level", LEVELS), ("for_each", SCOPES)):
        if item[key] not in known:
            raise RuleError(f"{name}: {unknown(key, str(item[key]), known)}")
    if not item.get("when") and not item.get("expect"):
        raise RuleError(f"{name} has neither 'when' nor 'expect', so it would report every subject")
    for key in ("when", "expect"):
        condition.check({} if item.get(key) is None else item[key], f"{name}.{key}")
    for key in ("message", "next_step", "source"):
        if not isinstance(item.get(key) or "", str):
            raise RuleError(f"{name}: {key} must be a text, not {item[key]!r}; quote it where it begins with a brace")
    for key in ("message", "next_step"):
        for placeholder in PLACEHOLDER.findall(item[key]):
            steps(placeholder)
    return Rule(**{key: value for key, value in item.items() if value is not None})


def silences(data: Iterable[Any], rules: Iterable[Rule]) -> dict[str, str]:
    """Return id -> reason. A silence without a reason, or of a rule that is not there, is refused."""
    known = {rule.id for rule in rules}
    reasons: dict[str, str] = {}
    for item in data:
        if not isinstance(item, Mapping) or set(item) - {"id", "reason"}:
            raise RuleError(f"a silence must be {{id: ..., reason: ...}}, not {item!r}")
        rule_id, reason = str(item.get("id", "")), str(item.get("reason") or "").strip()
        if rule_id not in known:
            raise RuleError(f"silence: {unknown('rule', rule_id, known)}")
        if not reason:
            raise RuleError(f"silence of {rule_id!r} has no reason; write why, for the one who reads this next year")
        reasons[rule_id] = reason
    return reasons
