"""The record of a seeding, read back from the engine's log."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.swift.k8s.plugins.module_utils._seed.history import MOST_SAMPLES, record


def progress(at: int) -> dict[str, Any]:
    rates = {"rate_bytes_per_second": 10, "limit_bytes_per_second": 20}
    return {"event": "progress", "time": 1000.0 + at, "bytes": at * 10, **rates}


def log(*events: Any) -> str:
    return "\n".join(json.dumps(event) if isinstance(event, dict) else event for event in events)


FILE = {"event": "file", "model": "o/m", "path": "a", "size": 30, "seconds": 2.5}
DONE = {"event": "done", "time": 1004.5, "seconds": 4.2, "bytes_fetched": 40, "bytes_resumed": 0, "free_bytes": 7}


def test_totals_samples_and_files() -> None:
    found = record(log(progress(0), progress(2), FILE, {"event": "retry"}, "noise", progress(3), DONE))
    assert (found["seconds"], found["bytes_fetched"], found["retries"], found["free_bytes"]) == (4.2, 40, 1, 7)
    assert found["finished"] == 1004.5
    assert [sample["seconds"] for sample in found["samples"]] == [0, 2, 3]
    assert found["files"] == [{"model": "o/m", "path": "a", "size": 30, "start": 0.5, "end": 3.0}]


def test_an_end_with_something_missing_has_totals_too() -> None:
    found = record(log(progress(0), FILE, {**DONE, "event": "summary"}))
    assert (found["finished"], found["bytes_fetched"]) == (1004.5, 40)


def test_a_killed_engine_ends_with_its_last_word() -> None:
    found = record(log(progress(0), progress(3), "Killed"))
    assert (found["finished"], found["bytes_fetched"], len(found["samples"])) == (1003.0, None, 2)


def test_a_file_after_the_last_progress_ends_there() -> None:
    assert record(log(progress(0), progress(5), FILE))["files"][0]["end"] == 5.0


def test_a_long_run_keeps_few_samples() -> None:
    assert len(record(log(*(progress(at) for at in range(5 * MOST_SAMPLES))))["samples"]) <= MOST_SAMPLES


def test_files_keep_their_order_and_their_own_ends() -> None:
    found = record(log(progress(0), {**FILE, "path": "b"}, progress(4), FILE, FILE, progress(9), DONE))["files"]
    assert [(file["path"], file["end"]) for file in found] == [("b", 4.0), ("a", 9.0), ("a", 9.0)]


def test_an_empty_log() -> None:
    found = record("Traceback")
    assert (found["finished"], found["samples"]) == (None, [])
