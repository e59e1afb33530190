# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Beside the network: while a buffer is filled, one thread writes the one before, another hashes the one before that.

Reading, writing and hashing cost about the same, so a file comes as fast as one of them where cores are free.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from typing import NamedTuple, Union

from .files import git_hasher, write_all

#: what the threads share; so many of these a file are the engine's memory, and what a kill may cost a fast download
BUFFER_BYTES = 256 << 10
BUFFERS = 4
#: below this the hand-over costs more than the hash
SMALLEST_THREADED = 2 << 20


class Piece(NamedTuple):
    """A buffer, how much of it counts, and where to write it first; None where that has been done."""

    buffer: memoryview
    size: int
    handle: int | None


Work = Union[Piece, threading.Event, None]


class Digest:
    """Give it buffers in order; they come back when they were hashed. `git` is set for files that git vouches for."""

    def __init__(self, size: int, git: bool) -> None:
        self._sha256 = hashlib.sha256()
        self._git = git_hasher(size) if git else None
        self._write: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._hash: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._threads: tuple[threading.Thread, ...] = ()
        self._error: OSError | None = None
        self._own = memoryview(bytearray(min(BUFFER_BYTES, max(size, 1))))
        if size >= SMALLEST_THREADED:
            for _number in range(BUFFERS - 1):
                self._free.put(memoryview(bytearray(BUFFER_BYTES)))
            self._threads = tuple(
                threading.Thread(target=run, name=name, daemon=True)
                for name, run in (("write", self._run_write), ("digest", self._run_hash))
            )
            for thread in self._threads:
                thread.start()

    def buffer(self) -> memoryview:
        """The buffer to fill next."""
        return self._own

    def update(self, count: int, handle: int | None = None) -> None:
        """The first `count` bytes of the buffer are the next of the file; they are still to be written to `handle`."""
        piece = Piece(self._own, count, handle)
        if not self._threads:
            self._put(piece)
            self._feed(piece)
        else:
            self._write.put(piece)
            self._own = self._free.get()
        self._check()

    def settle(self) -> None:
        """Wait until all that was handed over is written."""
        if self._threads:
            written = threading.Event()
            self._write.put(written)
            written.wait()
        self._check()

    def finish(self) -> tuple[str, str]:
        """sha256 and, where asked for, git's sha1."""
        self.close()
        self._check()
        return self._sha256.hexdigest(), self._git.hexdigest() if self._git else ""

    def close(self) -> None:
        """What was handed over is written first."""
        if self._threads:
            self._write.put(None)
            for thread in self._threads:
                thread.join()
            self._threads = ()

    def _check(self) -> None:
        if self._error:
            raise self._error

    def _put(self, piece: Piece) -> None:
        """After an error nothing is written any more: the file's size is the truth of what it holds."""
        if piece.handle is not None and not self._error:
            try:
                write_all(piece.handle, piece.buffer[: piece.size])
            except OSError as error:
                self._error = error

    def _feed(self, piece: Piece) -> None:
        view = piece.buffer[: piece.size]
        self._sha256.update(view)
        if self._git:
            self._git.update(view)

    def _run_write(self) -> None:
        while True:
            work = self._write.get()
            if isinstance(work, threading.Event):
                work.set()
                continue
            if work:
                self._put(work)
            self._hash.put(work)
            if not work:
                return

    def _run_hash(self) -> None:
        while True:
            piece = self._hash.get()
            if not piece:
                return
            self._feed(piece)
            self._free.put(piece.buffer)
