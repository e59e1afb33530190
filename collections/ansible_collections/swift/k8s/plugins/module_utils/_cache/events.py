# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run tells while it runs: JSON lines for programs, a bar or a line now and then for people."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from .errors import disk_error
from .rate import format_rate, format_seconds, format_size

Event = dict[str, Any]
Emit = Callable[[Event], None]

#: a line in a log this often; a terminal gets every event
LINE_SECONDS = 30.0
BAR_WIDTH = 24


class JsonLines:
    """One object a line, flushed: the contract with whoever reads a Job's log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        # nobody has to listen: a reader that went away does not end the download
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._stream.write(json.dumps(event, ensure_ascii=False) + "\n")
            self._stream.flush()


class Text:
    """For people: a bar that redraws itself on a terminal, else one line every 30 s and at every turn of events."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._bar = stream.isatty()
        self._last = clock()
        self._drawn = False

    def __call__(self, event: Event) -> None:
        with self._lock, contextlib.suppress(BrokenPipeError):
            if event["event"] == "progress":
                self._progress(event)
            else:
                self._line(said(event))

    def _progress(self, event: Event) -> None:
        if self._bar:
            self._stream.write("\r\x1b[K" + progress_line(event))
            self._stream.flush()
            self._drawn = True
        elif self._clock() - self._last >= LINE_SECONDS:
            self._last = self._clock()
            self._line(progress_line(event))

    def _line(self, text: str) -> None:
        if not text:
            return
        self._stream.write(("\r\x1b[K" if self._drawn else "") + text + "\n")
        self._stream.flush()
        self._drawn = False


@contextlib.contextmanager
def log_to(path: str | None) -> Iterator[Emit]:
    """JSON lines appended to a file, or nowhere."""
    if not path:
        yield lambda _event: None
        return
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(open(path, "a", encoding="utf-8"))
        except OSError as error:
            raise disk_error(error, path) from error
        yield JsonLines(stream)


def progress_line(event: Event) -> str:
    total = event["total_bytes"] or 1
    share = min(1.0, event["bytes"] / total)
    full = round(share * BAR_WIDTH)
    return (
        f"[{'#' * full}{'.' * (BAR_WIDTH - full)}] {share:4.0%} {format_size(event['bytes'])} of {format_size(total)}"
        f"  {format_size(event['rate_bytes_per_second'])}/s (limit {format_rate(event['limit_bytes_per_second'])})"
        f"  ETA {format_seconds(event['eta_seconds'])}  {event['model']} {event['file']}"
    ).rstrip()


def said(event: Event) -> str:
    """One event as a sentence; empty for those that only programs want."""
    kind = event["event"]
    if kind == "file":
        return f"{event['model']}: {event['path']} {format_size(event['size'])} verified ({event['pinned_by']})"
    if kind == "retry":
        where = ": ".join(word for word in (event["model"], event["file"]) if word)
        return f"{where}: {event['message']}; again in {event['wait_seconds']:.1f} s"
    if kind == "plan":
        return (
            f"{event['model']} at {event['revision']}: {event['files']} files, {format_size(event['bytes'])} to fetch"
            f" ({format_size(event['kept_bytes'])} kept from before) into {event['path']}"
        )
    if kind in ("warning", "waiting"):
        return f"{event['model']}: {event['message']}" if event.get("model") else str(event["message"])
    if kind == "error":
        return f"ERROR {event['message']}" + (f". {event['next_step']}" if event.get("next_step") else "")
    if kind in ("verified", "snapshot"):
        size, wrong = format_size(event["bytes"]), event["problem"] or f"{len(event['findings'])} problems"
        state = "complete" if event["complete"] else wrong
        lines = [f"{event['model']} at {event['revision']}: {event['files']} files, {size}, {state}"]
        return "\n".join(lines + [f"  {item['path']}: {item['problem']}" for item in event["findings"]])
    if kind == "removed":
        return f"{event['model']} at {event['revision']} removed"
    if kind == "record":
        return f"record of this run: {event['path']}"
    if kind in ("done", "summary"):
        verdict = "done" if kind == "done" else "failed"
        counted = f"{event['models']} models, {event['files_fetched']} files fetched"
        spent = f"{format_size(event['bytes_fetched'])} in {format_seconds(event['seconds'])}"
        return f"{verdict}: {counted}, {spent}, {format_size(event['free_bytes'])} free"
    return ""
