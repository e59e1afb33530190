# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What the engine says: its log is one JSON object a line (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_KEPT_LINES = 20


@dataclass(frozen=True)
class Told:
    """The last words of each kind, and the lines that were no events (a traceback, a shell's message)."""

    progress: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    done: dict[str, Any] = field(default_factory=dict)
    other: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    retries: tuple[str, ...] = ()

    @property
    def notable(self) -> tuple[str, ...]:
        """The lines that a person wants to see after the end."""
        return (*self.warnings, *self.retries, *self.other)


def read(log: str) -> Told:
    """The state that a log describes."""
    last: dict[str, dict[str, Any]] = {}
    other: list[str] = []
    said: dict[str, list[str]] = {"warning": [], "retry": []}
    for line in log.splitlines():
        event = _event(line)
        if event:
            last[event["event"]] = event
            if event["event"] in said:
                said[event["event"]].append(f"{event.get('model', '')}: {event.get('message', '')}")
        elif line.strip():
            other.append(line)
    progress, error, done = (last.get(kind, {}) for kind in ("progress", "error", "done"))
    kept = [tuple(lines[-_KEPT_LINES:]) for lines in (other, said["warning"], said["retry"])]
    return Told(progress, error, done, *kept)


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else {}


def failure(told: Told, tail: Iterable[str] = ()) -> str:
    """Why the engine gave up, in its own words; else the last lines of its log."""
    if told.error:
        message, step = told.error.get("message", "the engine failed"), told.error.get("next_step", "")
        return f"{str(message).rstrip('.')}.{' ' + step if step else ''}"
    lines = list(told.other or tail)[-5:]
    return "the engine ended without a word." if not lines else f"its log ends: {' | '.join(lines)}"
