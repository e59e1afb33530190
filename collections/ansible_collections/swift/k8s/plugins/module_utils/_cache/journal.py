# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What was verified since the last manifest: one line a file, appended before the file gets its name."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from .layout import JOURNAL
from .manifest import Record, decode, encode


class Journal:
    def __init__(self, work: str) -> None:
        self._path = os.path.join(work, JOURNAL)
        self._lock = threading.Lock()

    def append(self, record: Record) -> None:
        """Torn by a crash, a line is not read and its file is hashed again: nothing worse."""
        line = (encode(record) + "\n").encode("utf-8")
        with self._lock:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(handle, line)
            finally:
                os.close(handle)

    def read(self) -> Iterator[Record]:
        try:
            with open(self._path, encoding="utf-8", errors="replace") as stream:
                for line in stream:
                    record = decode(line)
                    if record:
                        yield record
        except FileNotFoundError:
            return
