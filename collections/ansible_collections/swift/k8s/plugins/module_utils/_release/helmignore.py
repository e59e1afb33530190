# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which files of a chart directory Helm leaves out (.helmignore)."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

#: Always in force: hidden files below templates/ are never part of a chart.
_DEFAULT = "templates/.?*"


@dataclass(frozen=True)
class Rule:
    pattern: str
    negated: bool
    directory: bool
    rooted: bool


def parse(text: str) -> list[Rule]:
    """The rules of a .helmignore file, Helm's default rule first."""
    return [
        _rule(line.strip())
        for line in [_DEFAULT, *text.splitlines()]
        if line.strip() and not line.strip().startswith("#")
    ]


def _rule(line: str) -> Rule:
    negated = line.startswith("!")
    body = line[1:] if negated else line
    directory = body.endswith("/")
    body = body.rstrip("/")
    return Rule(body.lstrip("/"), negated, directory, "/" in body)


def ignored(rules: list[Rule], path: str, directory: bool) -> bool:
    """Whether the path (slashes, relative to the chart) is left out."""
    for rule in rules:
        if rule.directory and not directory:
            continue
        if _matches(rule, path) != rule.negated:
            return True
    return False


def _matches(rule: Rule, path: str) -> bool:
    if not rule.rooted:
        return fnmatch.fnmatchcase(path.rpartition("/")[2], rule.pattern)
    # A star does not cross a slash, as in Go's filepath.Match.
    wanted, given = rule.pattern.split("/"), path.split("/")
    return len(wanted) == len(given) and all(map(fnmatch.fnmatchcase, given, wanted))
