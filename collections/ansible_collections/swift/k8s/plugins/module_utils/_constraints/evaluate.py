# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Rules x subjects -> findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Optional

from .condition import holds
from .path import MISSING, lookup
from .rules import LEVELS, PLACEHOLDER, Rule

# What a list in a message shows before it says how many more there are.
LIST_SHOWN = 4


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, about one subject."""

    id: str
    level: str
    scope: str
    subject: str
    message: str
    next_step: str
    source: str
    silenced: Optional[str] = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


Subjects = Mapping[str, Iterable[Mapping[str, Any]]]


def evaluate(rules: Iterable[Rule], subjects: Subjects, silenced: Mapping[str, str]) -> list[Finding]:
    """Return the findings, errors first, in the order of the rules."""
    findings = [
        _finding(rule, subject, silenced.get(rule.id))
        for rule in rules
        for subject in subjects.get(rule.for_each, ())
        if holds(rule.when, subject) and not (rule.expect and holds(rule.expect, subject))
    ]
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def _finding(rule: Rule, subject: Mapping[str, Any], reason: Optional[str]) -> Finding:
    return Finding(
        id=rule.id,
        level=rule.level,
        scope=rule.for_each,
        subject=str(subject.get("subject", "")),
        message=fill(rule.message, subject),
        next_step=fill(rule.next_step, subject),
        source=rule.source,
        silenced=reason,
    )


def fill(text: str, subject: Mapping[str, Any]) -> str:
    """Replace {field} by what people read of its value."""
    return PLACEHOLDER.sub(lambda found: readable(lookup(subject, found.group(1))), text)


def readable(value: Any) -> str:
    """Return a value as words."""
    if value is MISSING or value == "":
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={readable(item)}" for key, item in sorted(value.items()))
    if isinstance(value, (list, tuple, set)):
        items = [readable(item) for item in value]
        rest = len(items) - LIST_SHOWN
        return ", ".join(items[:LIST_SHOWN]) + (f" and {rest} more" if rest > 0 else "") or "none"
    return str(value)


def of_level(findings: Iterable[Finding], level: str) -> list[Finding]:
    """Return the findings of a level that nobody silenced."""
    return [finding for finding in findings if finding.level == level and not finding.silenced]
