"""Progress lines with the seconds since the start."""

from __future__ import annotations

import sys
import time


class Console:
    """Says what happens, one line a step, on standard error so that standard output stays for results."""

    def __init__(self, quiet: bool = False) -> None:
        self._start = time.monotonic()
        self._quiet = quiet

    def elapsed(self) -> float:
        """Seconds since this console was made."""
        return time.monotonic() - self._start

    def say(self, text: str) -> None:
        """Print one progress line."""
        if not self._quiet:
            print(f"{self.elapsed():7.1f}s  {text}", file=sys.stderr, flush=True)
