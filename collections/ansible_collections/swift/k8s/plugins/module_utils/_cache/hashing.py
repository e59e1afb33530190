# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Hashing beside the network: the reader fills one buffer while this thread hashes the one before."""

from __future__ import annotations

import hashlib
import queue
import threading

from .files import git_hasher

#: what two threads share; four of these a file are the engine's memory
BUFFER_BYTES = 1 << 20
BUFFERS = 3
#: below this the hand-over costs more than the hash
SMALLEST_THREADED = 2 << 20


class Digest:
    """Give it buffers in order; they come back through `free`. `git` is set for files that git itself vouches for."""

    def __init__(self, size: int, git: bool) -> None:
        self._sha256 = hashlib.sha256()
        self._git = git_hasher(size) if git else None
        self._work: queue.SimpleQueue[tuple[memoryview, int] | None] = queue.SimpleQueue()
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._own = memoryview(bytearray(min(BUFFER_BYTES, max(size, 1))))
        if size >= SMALLEST_THREADED:
            for _number in range(BUFFERS - 1):
                self._free.put(memoryview(bytearray(BUFFER_BYTES)))
            self._thread = threading.Thread(target=self._run, name="digest", daemon=True)
            self._thread.start()

    def buffer(self) -> memoryview:
        """The buffer to fill next."""
        return self._own

    def update(self, count: int) -> None:
        """The first `count` bytes of the buffer are the next of the file."""
        if not self._thread:
            self._feed(self._own[:count])
            return
        self._work.put((self._own, count))
        self._own = self._free.get()

    def finish(self) -> tuple[str, str]:
        """sha256 and, where asked for, git's sha1."""
        self.close()
        return self._sha256.hexdigest(), self._git.hexdigest() if self._git else ""

    def close(self) -> None:
        if self._thread:
            self._work.put(None)
            self._thread.join()
            self._thread = None

    def _feed(self, view: memoryview) -> None:
        self._sha256.update(view)
        if self._git:
            self._git.update(view)

    def _run(self) -> None:
        while True:
            item = self._work.get()
            if item is None:
                return
            buffer, count = item
            self._feed(buffer[:count])
            self._free.put(buffer)
