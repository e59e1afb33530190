# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One seeder a snapshot, on a local disk and on a share.

flock answers at once on one host (and on NFS that forwards it): the kernel drops a dead process's lock. For mounts
that keep flock to themselves the owner also rewrites a heartbeat; others watch whether it changes, on their own clock,
so that no two clocks are ever compared. Safety depends on neither: every file is verified before it gets its name.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

from .errors import LostLock, disk_error


class Patience(NamedTuple):
    """A heartbeat that does not change for `stale` seconds belongs to a dead owner."""

    stale: float = 30.0
    beat: float = 5.0
    poll: float = 1.0
    settle: float = 0.5


def host_identity() -> str:
    """This kernel, this boot: a lock from it whose flock is free has no living owner."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            return f"{socket.gethostname()}/{stream.read().strip()}"
    except OSError:
        return socket.gethostname()


class Lock:
    def __init__(self, path: str, patience: Patience | None = None, host: str = "") -> None:
        self._path = path
        self._patience = patience or Patience()
        self._host = host or host_identity()
        self._owner = uuid.uuid4().hex
        self._handle = -1
        self._flocked = True
        self._beats = 0
        self._watched: tuple[str, float] = ("", 0.0)
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        #: set when another owner is seen in the file; the engine stops then
        self.lost = threading.Event()
        #: who holds it, for people; filled by a try that failed
        self.holder = ""

    def try_acquire(self) -> bool:
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        except OSError as error:
            raise disk_error(error, self._path) from error
        if not self._locked(handle) or not self._vacant(handle):
            os.close(handle)
            return False
        self._handle = handle
        contested = bool(_content(handle))
        self._beat()
        if contested:
            time.sleep(self._patience.settle)
            if not self._mine():
                self._close()
                return False
        self._done.clear()
        self._thread = threading.Thread(target=self._keep, name="heartbeat", daemon=True)
        self._thread.start()
        return True

    def acquire(self, stop: threading.Event, waiting: Callable[[str], None]) -> bool:
        """Wait for it; `waiting` hears once who holds it. False when `stop` was set meanwhile."""
        told = ""
        while not self.try_acquire():
            if self.holder and self.holder != told:
                told = self.holder
                waiting(told)
            if stop.wait(self._patience.poll):
                return False
        return True

    def release(self) -> None:
        self._done.set()
        if self._thread:
            self._thread.join()
            self._thread = None
        if self._handle >= 0 and not self.lost.is_set():
            with contextlib.suppress(OSError):
                os.unlink(self._path)
                # succeeds only when nothing unfinished is left there
                os.rmdir(os.path.dirname(self._path))
                os.rmdir(os.path.dirname(os.path.dirname(self._path)))
        self._close()

    def check(self) -> None:
        if self.lost.is_set():
            raise LostLock(f"another seeder took {self._path} over", "Run again; it continues or finds the work done")

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _locked(self, handle: int) -> bool:
        """flock, on the file that still has the name."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.holder = _told(_content(handle))
            return False
        except OSError:
            self._flocked = False
            return True  # no flock on this mount: the heartbeat decides alone
        try:
            return os.stat(self._path).st_ino == os.fstat(handle).st_ino
        except FileNotFoundError:
            return False

    def _vacant(self, handle: int) -> bool:
        content = _content(handle)
        if not content or (self._flocked and content.get("host") == self._host):
            return True
        self.holder = _told(content)
        mark = json.dumps(content, sort_keys=True)
        now = time.monotonic()
        if mark != self._watched[0]:
            self._watched = (mark, now)
            return False
        return now - self._watched[1] >= self._patience.stale

    def _keep(self) -> None:
        while not self._done.wait(self._patience.beat):
            if not self._mine():
                self.lost.set()
                return
            self._beat()

    def _beat(self) -> None:
        self._beats += 1
        content = {"owner": self._owner, "host": self._host, "pid": os.getpid(), "beat": self._beats}
        # one write of constant length, so that a reader never sees a mixture
        os.pwrite(self._handle, json.dumps(content).ljust(512).encode(), 0)
        with contextlib.suppress(OSError):
            os.fsync(self._handle)

    def _mine(self) -> bool:
        """Read by name: over a share, another owner may have replaced what our handle shows."""
        try:
            with open(self._path, "rb") as stream:
                return bool(json.loads(stream.read() or b"{}").get("owner") == self._owner)
        except FileNotFoundError:
            return False
        except (OSError, ValueError):
            return True  # a share that stutters is no reason to give up

    def _close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _content(handle: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(handle, 4096, 0) or b"{}")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _told(content: dict[str, Any]) -> str:
    """Who it is; empty in the moment between taking the file and writing the name."""
    if not content:
        return ""
    return f"{str(content.get('host', '?')).split('/', maxsplit=1)[0]} (pid {content.get('pid', '?')})"
