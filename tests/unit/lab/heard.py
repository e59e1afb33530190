"""Standard error that a test waits at: pytest's own loses what another thread writes while it is read."""

from __future__ import annotations

import io
from threading import Event


class Heard(io.StringIO):
    """Keeps what is written, and says when certain words have come."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words
        self.came = Event()

    def write(self, text: str, /) -> int:
        """As of any stream: the number of characters."""
        written = super().write(text)
        if self._words in self.getvalue():
            self.came.set()
        return written
