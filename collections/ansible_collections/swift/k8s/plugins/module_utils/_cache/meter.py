# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Counts what moves, once for progress lines and once for the record of the run."""

from __future__ import annotations

import collections
import contextlib
import heapq
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

#: the rate shown is that of the last seconds
WINDOW_SECONDS = 5.0
#: a record of a long run halves its resolution rather than grow
MOST_SAMPLES = 7200
#: and of many files, those that took longest: nobody reads a gantt of fifty thousand rows, and memory has a bound
MOST_FILES = 2000


class Sample(NamedTuple):
    """A point of the curve: bytes so far, bytes a second since the point before, and the limit at that moment."""

    seconds: float
    received: int
    rate: float
    limit: float | None


class FileTime(NamedTuple):
    """One file in the gantt: seconds since the run began."""

    model: str
    path: str
    size: int
    start: float
    end: float


class Meter:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begin = clock()
        self._recent: collections.deque[tuple[float, int]] = collections.deque([(self._begin, 0)])
        self._every = 1.0
        self.samples: list[Sample] = []
        #: heap, the shortest first
        self._longest: list[tuple[float, FileTime]] = []
        self._under_way: list[tuple[str, str]] = []
        #: over the wire, repeats included
        self.bytes_received = 0
        #: found in unfinished files of earlier runs
        self.bytes_resumed = 0
        #: of the bytes to fetch, those in place
        self.bytes_done = 0
        self.bytes_total = 0

    def received(self, count: int) -> None:
        with self._lock:
            self.bytes_received += count
            self.bytes_done += count

    def repeated(self, count: int) -> None:
        """Over the wire once more because a server cannot continue."""
        with self._lock:
            self.bytes_received += count

    def resumed(self, count: int) -> None:
        with self._lock:
            self.bytes_resumed += count
            self.bytes_done += count

    def lost(self, count: int) -> None:
        """A file turned out wrong: its bytes are to be fetched again."""
        with self._lock:
            self.bytes_done -= count

    def expect(self, count: int) -> None:
        with self._lock:
            self.bytes_total += count

    @contextlib.contextmanager
    def fetching(self, model: str, path: str) -> Iterator[None]:
        """While a file is under way."""
        with self._lock:
            self._under_way.append((model, path))
        try:
            yield
        finally:
            with self._lock:
                self._under_way.remove((model, path))

    @property
    def now_at(self) -> tuple[str, str]:
        """Model and path of the file that is under way for longest, which is the largest; empty between files."""
        with self._lock:
            return self._under_way[0] if self._under_way else ("", "")

    def file(self, model: str, path: str, size: int, started: float) -> None:
        end = self._clock()
        timed = (end - started, FileTime(model, path, size, started - self._begin, end - self._begin))
        with self._lock:
            if len(self._longest) < MOST_FILES:
                heapq.heappush(self._longest, timed)
            else:
                heapq.heappushpop(self._longest, timed)

    @property
    def files(self) -> list[FileTime]:
        """The files that took longest, in the order of their ends."""
        with self._lock:
            return sorted((timed for _seconds, timed in self._longest), key=lambda timed: timed.end)

    def tick(self, limit: float | None, final: bool = False) -> None:
        """Once a second: a point of the curve, and the base of the shown rate."""
        now = self._clock()
        with self._lock:
            self._recent.append((now, self.bytes_received))
            while len(self._recent) > 2 and now - self._recent[0][0] > WINDOW_SECONDS:
                self._recent.popleft()
            last = self.samples[-1] if self.samples else Sample(0.0, 0, 0.0, None)
            spent = now - self._begin - last.seconds
            if spent >= self._every * 0.9 or final:
                rate = (self.bytes_received - last.received) / max(spent, 1e-3)
                self.samples.append(Sample(round(now - self._begin, 3), self.bytes_received, round(rate), limit))
            if len(self.samples) > MOST_SAMPLES:
                self.samples, self._every = self.samples[::2], self._every * 2

    def rate(self) -> float:
        with self._lock:
            (begin, before), (end, after) = self._recent[0], self._recent[-1]
            return (after - before) / (end - begin) if end > begin else 0.0

    def seconds(self) -> float:
        return self._clock() - self._begin

    def eta(self) -> float | None:
        rate = self.rate()
        return max(0, self.bytes_total - self.bytes_done) / rate if rate > 0 else None
