# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What a seeding did, second by second, read back from its engine's log (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MOST_SAMPLES = 600
#: what the engine says last: when all is well, and when something is missing
_TOTALS = {"done", "summary"}


def record(log: str) -> dict[str, Any]:
    """When it ended, totals, samples of bytes and limit over time, and when each file was under way.

    Of an engine that was killed there are no totals, and its end is its last word; `finished` is None where it said
    nothing at all.
    """
    events = list(_events(log))
    done: dict[str, Any] = next((event for event in reversed(events) if event["event"] in _TOTALS), {})
    samples = [event for event in events if event["event"] == "progress"]
    begin = samples[0]["time"] if samples else 0.0
    step = len(samples) // MOST_SAMPLES + 1
    return {
        "finished": done.get("time", samples[-1]["time"] if samples else None),
        "seconds": done.get("seconds"),
        "bytes_fetched": done.get("bytes_fetched"),
        "bytes_resumed": done.get("bytes_resumed"),
        "free_bytes": done.get("free_bytes"),
        "retries": sum(event["event"] == "retry" for event in events),
        "samples": [
            {
                "seconds": round(event["time"] - begin, 1),
                "bytes": event["bytes"],
                "rate": event["rate_bytes_per_second"],
                "limit": event["limit_bytes_per_second"],
            }
            for event in samples[::step]
        ],
        "files": _files(events, begin),
    }


def _files(events: list[dict[str, Any]], begin: float) -> list[dict[str, Any]]:
    """Files carry no time of their own: each ended by the next progress after it."""
    found: list[dict[str, Any]] = []
    later = next((event["time"] for event in reversed(events) if event["event"] == "progress"), begin)
    for event in reversed(events):
        if event["event"] == "progress":
            later = event["time"]
        elif event["event"] == "file":
            end = round(later - begin, 1)
            start = round(max(0.0, end - event["seconds"]), 1)
            named = {name: event[name] for name in ("model", "path", "size")}
            found.append({**named, "start": start, "end": end})
    return found[::-1]


def _events(log: str) -> Iterator[dict[str, Any]]:
    for line in log.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("event") in {"progress", "file", "retry", *_TOTALS}:
            yield event
