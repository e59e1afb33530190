"""What bootstrap says: one line a step, with the time since the start; nothing when there is nothing to do."""

from __future__ import annotations

import sys
import time

_STARTED = time.monotonic()


class BootstrapError(Exception):
    """A step cannot go on; the text names what is wrong and the next step."""


def say(text: str) -> None:
    """Print one progress line with the elapsed seconds."""
    print(f"{time.monotonic() - _STARTED:6.1f}s {text}", flush=True)


def fail(problems: list[str]) -> None:
    """Print every problem at once and end with status 1."""
    print("bootstrap: this machine lacks something:", file=sys.stderr)
    for problem in problems:
        print(f"  - {problem}", file=sys.stderr)
    raise SystemExit(1)
