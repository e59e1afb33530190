"""Lines as ms-swift prints them; LOG_LEVEL in the environment of the process decides."""

from __future__ import annotations

import os
import sys

_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


def info(text: object) -> None:
    """For who looks into a pod."""
    if _LEVELS.get(os.environ.get("LOG_LEVEL", "").upper(), 20) <= _LEVELS["INFO"]:
        print(f"[INFO:swift] {text}", flush=True)


def warning(text: object) -> None:
    """What deserves a look."""
    print(f"[WARNING:swift] {text}", file=sys.stderr, flush=True)


def seconds(name: str, default: float) -> float:
    """A time from the environment."""
    return float(os.environ.get(name) or default)
