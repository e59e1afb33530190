# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Findings as people read them: one table for all clusters, 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from .rules import LEVELS

WIDTH = 100
LEVEL_WIDTH = 8
WHERE_WIDTH = 26
SUBJECTS_SHOWN = 2

FindingData = Mapping[str, Any]


def summary(findings: Iterable[FindingData]) -> str:
    """Return `2 errors, 1 warning`, and how many were silenced."""
    found = list(findings)
    parts = []
    for level in LEVELS:
        count = sum(1 for item in found if item["level"] == level and not item.get("silenced"))
        if count:
            parts.append(f"{count} {level}" + ("s" if count > 1 and level != "info" else ""))
    silent = sum(1 for item in found if item.get("silenced"))
    if silent:
        parts.append(f"{silent} silenced")
    return ", ".join(parts) or "nothing to report"


def group(findings: Iterable[FindingData]) -> list[dict[str, Any]]:
    """Join findings that say the same about different subjects; thousand nodes make one row."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for item in findings:
        key = (item["id"], item["message"], item["next_step"], str(item.get("silenced") or ""))
        row = rows.setdefault(key, {**item, "subjects": []})
        row["subjects"].append(item["subject"])
    return list(rows.values())


def table(clusters: Mapping[str, Iterable[FindingData]]) -> str:
    """Return the table of all clusters."""
    blocks = []
    for cluster in sorted(clusters):
        findings = list(clusters[cluster])
        lines = [f"{cluster}: {summary(findings)}"]
        for row in group(findings):
            lines += _silenced(row) if row.get("silenced") else _row(row)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def where(subjects: list[str]) -> str:
    """Return the subjects, shortened."""
    rest = len(subjects) - SUBJECTS_SHOWN
    return ", ".join(subjects[:SUBJECTS_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _row(row: Mapping[str, Any]) -> list[str]:
    left = textwrap.wrap(where(row["subjects"]), WHERE_WIDTH - 1, break_on_hyphens=False) or [""]
    room = WIDTH - LEVEL_WIDTH - WHERE_WIDTH - 2
    right = textwrap.wrap(f"{row['message']} [{row['id']}]", room, break_on_hyphens=False)
    right += textwrap.wrap(f"-> {row['next_step']}", room, subsequent_indent="   ", break_on_hyphens=False)
    height = max(len(left), len(right))
    left += [""] * (height - len(left))
    right += [""] * (height - len(right))
    levels = [row["level"]] + [""] * (height - 1)
    return [f"  {a:<{LEVEL_WIDTH}}{b:<{WHERE_WIDTH}}{c}".rstrip() for a, b, c in zip(levels, left, right)]


def _silenced(row: Mapping[str, Any]) -> list[str]:
    text = f"{where(row['subjects'])}: {row['id']}, because: {row['silenced']}"
    return textwrap.wrap(text, WIDTH, initial_indent="  silenced ", subsequent_indent=" " * 11)


def headline(findings: Iterable[FindingData], level: str, shown: int = 3) -> str:
    """Return the failure in one line: how many, and the first ones with what to do."""
    rows = [row for row in group(findings) if row["level"] == level and not row.get("silenced")]
    first = [f"{where(row['subjects'])}: {row['message']} {row['next_step']}" for row in rows[:shown]]
    count = sum(len(row["subjects"]) for row in rows)
    rest = len(rows) - len(first)
    more = f" | and {rest} more kinds; see the table" if rest > 0 else ""
    return f"preflight found {count} {level}{'s' if count != 1 else ''}: " + " | ".join(first) + more
