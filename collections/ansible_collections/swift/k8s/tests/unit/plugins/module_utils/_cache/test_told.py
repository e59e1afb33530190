# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run tells: lines for programs, sentences for people, a record for later."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import events, report
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import CacheError
from ansible_collections.swift.k8s.plugins.module_utils._cache.meter import Meter
from lab.hub import HubServer

from .conftest import FILES, ID, MIB, Cache

PROGRESS = {
    "event": "progress",
    "bytes": 5 * MIB,
    "total_bytes": 10 * MIB,
    "rate_bytes_per_second": MIB,
    "limit_bytes_per_second": None,
    "eta_seconds": 5,
    "model": ID,
    "file": "a.bin",
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_json_lines_can_be_read_back() -> None:
    stream = io.StringIO()
    events.JsonLines(stream)(PROGRESS)
    events.JsonLines(stream)({"event": "file", "path": "中"})
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["progress", "file"]
    assert "中" in stream.getvalue()


def test_progress_names_a_file_that_is_under_way() -> None:
    meter = Meter()
    assert meter.now_at == ("", "")
    with meter.fetching("m", "large"):
        with meter.fetching("m", "small"):
            assert meter.now_at == ("m", "large")
        assert meter.now_at == ("m", "large")
    with pytest.raises(CacheError), meter.fetching("m", "broken"):
        raise CacheError("no")
    assert meter.now_at == ("", "")


def test_a_log_gets_a_line_every_half_minute() -> None:
    stream, clock = io.StringIO(), Clock()
    text = events.Text(stream, clock)
    for second in range(61):
        clock.now = float(second)
        text(PROGRESS)
    assert len(stream.getvalue().splitlines()) == 2
    assert "50% 5.0 MiB of 10.0 MiB  1.0 MiB/s (limit unlimited)  ETA 0:05  org/name.v1 a.bin" in stream.getvalue()


def test_a_terminal_gets_a_bar_that_makes_room_for_lines() -> None:
    stream = Terminal()
    text = events.Text(stream)
    text(PROGRESS)
    text({"event": "error", "message": "no", "next_step": "do"})
    assert stream.getvalue().startswith("\r\x1b[K[############............]")
    assert stream.getvalue().endswith("\r\x1b[KERROR no. do\n")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            {"event": "retry", "model": "m", "file": "f", "message": "cut", "wait_seconds": 1.0},
            "m: f: cut; again in 1.0 s",
        ),
        ({"event": "warning", "model": "", "message": "w"}, "w"),
        ({"event": "waiting", "model": "m", "message": "w"}, "m: w"),
        ({"event": "record", "path": "/r"}, "record of this run: /r"),
        ({"event": "removed", "model": "m", "revision": "r"}, "m at r removed"),
        (
            {
                "event": "done",
                "models": 2,
                "files_fetched": 3,
                "bytes_fetched": MIB,
                "seconds": 5,
                "free_bytes": 9 * MIB,
            },
            "done: 2 models, 3 files fetched, 1.0 MiB in 0:05, 9.0 MiB free",
        ),
        ({"event": "something new"}, ""),
    ],
)
def test_sentences(event: dict[str, Any], said: str) -> None:
    assert events.said(event) == said


def test_problems_are_listed_under_their_model() -> None:
    findings = [{"path": "a", "problem": "damaged"}]
    event = {"event": "verified", "model": "m", "revision": "r", "files": 2, "bytes": 3, "problem": ""}
    told = events.said({**event, "complete": False, "findings": findings})
    assert told == "m at r: 2 files, 3 B, 1 problems\n  a: damaged"


def test_a_log_file_is_appended_to_and_a_bad_one_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    for _run in range(2):
        with events.log_to(path) as emit:
            emit({"event": "x"})
    assert len(Path(path).read_text().splitlines()) == 2
    with events.log_to("") as emit:
        emit({"event": "x"})
    with pytest.raises(CacheError, match="nothing/log"), events.log_to(str(tmp_path / "nothing" / "log")):
        pass


def test_the_meter_shows_the_rate_of_the_last_seconds() -> None:
    clock = Clock()
    meter = Meter(clock)
    meter.expect(100 * MIB)
    for second in range(1, 21):
        clock.now = float(second)
        meter.received(MIB if second <= 10 else 2 * MIB)
        meter.tick(None)
    assert meter.rate() == pytest.approx(2 * MIB)
    assert meter.eta() == pytest.approx(35.0)
    assert len(meter.samples) == 20


def test_a_long_run_keeps_a_short_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.swift.k8s.plugins.module_utils._cache.meter.MOST_SAMPLES", 50)
    clock = Clock()
    meter = Meter(clock)
    for second in range(1, 1000):
        clock.now = float(second)
        meter.tick(1.0)
    assert len(meter.samples) <= 51
    assert meter.samples[-1].seconds > 900


def test_of_many_files_the_longest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.swift.k8s.plugins.module_utils._cache.meter.MOST_FILES", 3)
    clock = Clock()
    meter = Meter(clock)
    for number, seconds in enumerate([1.0, 9.0, 2.0, 8.0, 7.0, 3.0]):
        started, clock.now = clock.now, clock.now + seconds
        meter.file(ID, f"{number}.bin", 1, started)
    assert [(file.path, file.end - file.start) for file in meter.files] == [
        ("1.bin", 9.0),
        ("3.bin", 8.0),
        ("4.bin", 7.0),
    ]


def test_the_record_of_a_run(cache: Cache, hub: HubServer, tmp_path: Path) -> None:
    hub.put(ID, FILES)
    directory = tmp_path / "report"
    cache.seed({"report": str(directory), "rate_limit": "100MiB/s"})
    path = cache.told("record")[0]["path"]
    record = json.loads(Path(path).read_text())
    assert record["bytes_received"] == sum(map(len, FILES.values()))
    assert {entry["path"] for entry in record["files"]} == set(FILES)
    assert all(0 <= entry["start"] <= entry["end"] for entry in record["files"])
    assert record["models"][0]["resolved"] == hub.commit(ID)
    assert record["samples"][-1]["received"] == record["bytes_received"]
    cache.seed({"report": str(directory)})
    assert len(list(directory.iterdir())) == 1, "an unchanged run leaves no record"


def test_a_record_that_cannot_be_written_is_said_before_the_first_byte(cache: Cache, hub: HubServer) -> None:
    hub.put(ID, FILES)
    for nowhere in ("/proc/report", "/dev/null/report"):
        with pytest.raises(CacheError, match=nowhere):
            cache.seed({"report": nowhere})
    assert hub.bytes_of(ID) == 0


def test_the_diff_has_a_line_for_each_file(cache: Cache, hub: HubServer) -> None:
    hub.put(ID, FILES)
    diff = report.diff([cache.plan()], [{"id": "o/x", "revision": "v"}])
    assert f"{ID} weights/a.bin fetch {3 * MIB} bytes (missing)\n" in diff["after"]
    assert diff["before"] == "o/x at v\n"
