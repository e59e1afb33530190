"""One `up` or `down` of a lab at a time, and one maker of whatever labs share."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import LabError
from .paths import Paths


@contextmanager
def held(paths: Paths) -> Iterator[None]:
    """Hold the lab's lock, or say who does. The kernel lets go of it however the holder ends."""
    directory = paths.cache / "locks"
    directory.mkdir(parents=True, exist_ok=True)
    with open(os.open(directory / paths.name, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LabError(
                f"process {file.read().strip()} is already starting or removing lab {paths.name!r}",
                "wait for it, or end it, then try again",
            ) from error
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def alone(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """One at a time behind this file: a second one says that it waits, and then finds everything made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another build is at work in {path.parent}: waiting for its end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
