# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One token bucket a host: threads and processes take turns on a clock that lies in a file under flock.

The file holds the moment at which the link is free again and the limit that was published last, so that a rerun with
another value changes the running one. The clock is monotonic: setting the time of day changes nothing.
"""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import tempfile
import threading
import time
from collections.abc import Callable

from .errors import CacheError, disk_error

#: unused time that may be caught up at once; more would be seen as a second above the cap
BURST_SECONDS = 0.008
#: beyond that, unused time is caught up at this share of the rate, and no more than so much of it: a busy machine does
#: not cost the average, and no second goes above the cap by more than burst and share together (1.4 %)
CATCH_UP_SHARE = 0.006
CATCH_UP_SECONDS = 0.2
#: a link unused for longer was not wanted; that time is not caught up
IDLE_SECONDS = 0.25
#: a reservation further away than this is left over from before a reboot
STALE_SECONDS = 120.0
#: bytes taken at once: small enough that four streams share a second fairly, large enough to be cheap
LARGEST_STEP = 128 << 10
SMALLEST_STEP = 4 << 10
STEPS_PER_SECOND = 256

_STATE = struct.Struct("<ddd")


class Bucket:
    def __init__(self, path: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)

    def publish(self, rate: float | None) -> None:
        """Make this the limit of everybody on this host, from now on."""
        with self._lock:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                free, _old, unused = self._read()
                self._write(free, rate or 0.0, unused)
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def rate(self) -> float | None:
        return self._read()[1] or None

    def step(self, largest: int) -> int:
        """How many bytes to read at most before the next `take`."""
        rate = self.rate()
        if rate is None:
            return largest
        return int(min(largest, LARGEST_STEP, max(SMALLEST_STEP, rate / STEPS_PER_SECOND)))

    def reserve(self, count: int) -> float:
        """Seconds to wait for `count` bytes that were just read."""
        with self._lock:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                free, rate, unused = self._read()
                if not rate:
                    return 0.0
                now = self._clock()
                free, unused = booked(free, unused, now, count / rate)
                self._write(free, rate, unused)
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)
        return max(0.0, free - now)

    def close(self) -> None:
        os.close(self._fd)

    def _read(self) -> tuple[float, float, float]:
        raw = os.pread(self._fd, _STATE.size, 0)
        return _STATE.unpack(raw) if len(raw) == _STATE.size else (0.0, 0.0, 0.0)

    def _write(self, free: float, rate: float, unused: float) -> None:
        os.pwrite(self._fd, _STATE.pack(free, rate, unused), 0)


def booked(free: float, unused: float, now: float, cost: float) -> tuple[float, float]:
    """The link's next free moment, and the time still to be caught up, after `cost` seconds were used. Pure."""
    if free > now + STALE_SECONDS:
        free = now
    earliest = now - BURST_SECONDS
    if free < now - IDLE_SECONDS:
        free, unused = earliest, 0.0
    elif free < earliest:
        free, unused = earliest, min(unused + earliest - free, CATCH_UP_SECONDS)
    rebate = min(unused, cost * CATCH_UP_SHARE)
    return free + cost - rebate, unused - rebate


def open_bucket(scope: str, directory: str) -> Bucket:
    """The bucket of a scope (`site`, `lan`, ...): one for all who give the same directory."""
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        facts = os.lstat(directory)
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
            step = "Remove it, or set TMPDIR to a directory of your own"
            raise CacheError(f"{directory} belongs to uid {facts.st_uid}", step)
        return Bucket(os.path.join(directory, f"rate-{scope}"))
    except OSError as error:
        raise disk_error(error, directory) from error


def host_directory(root: str) -> str:
    """Where this user's seeders on this host meet: the temporary directory, or the cache where there is none."""
    try:
        return os.path.join(tempfile.gettempdir(), f"swift-k8s-{os.geteuid()}")
    except OSError:
        return os.path.join(root, ".rate")
