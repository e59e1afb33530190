"""Bring every piece into the cache: skip what is intact, make what is not, survive Ctrl-C and damage."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from ..console import Console
from ..image.layer import atomic_write
from ..lock import alone
from . import stamp
from .piece import Piece, Workshop

BEAT_SECONDS = 20.0


def build(pieces: Sequence[Piece], root: Path, console: Console) -> dict[str, Path]:
    """Make what is missing; answers where each file lies."""
    if missing(pieces, root):
        with alone(root / ".lock", console.say):
            for number, piece in enumerate(pieces, 1):
                _ensure(piece, root, console, f"{number}/{len(pieces)}")
    return {name: root / piece.directory / name for piece in pieces for name in piece.files}


def missing(pieces: Sequence[Piece], root: Path) -> list[str]:
    """Names of the pieces that are absent or damaged."""
    return [piece.name for piece in pieces if stamp.damage(root / piece.directory, piece.files) is not None]


def _ensure(piece: Piece, root: Path, console: Console, position: str) -> None:
    target = root / piece.directory
    problem = stamp.damage(target, piece.files)
    if problem is None:
        return
    if target.exists():
        console.say(f"{piece.name} in the cache cannot be used ({problem}): built anew")
        shutil.rmtree(target)
    console.say(f"{piece.name} {position}: building, log {root / 'log' / piece.name}.log")
    started = time.monotonic()
    with _heartbeat(f"{piece.name} {position}", root / "log" / f"{piece.name}.log", console):
        _make(piece, root, target, started)
    seconds = time.monotonic() - started
    _note_time(root / "times.json", piece, seconds)
    console.say(f"{piece.name} {position}: built in {seconds:.0f} s")


def _make(piece: Piece, root: Path, target: Path, started: float) -> None:
    """Made beside its place and renamed when complete: what has the name is whole."""
    scratch = root / f".making-{piece.name}"
    if scratch.exists():
        shutil.rmtree(scratch)
    workshop = Workshop(scratch / "work", scratch / "out", root / "log" / f"{piece.name}.log")
    for directory in (workshop.work, workshop.out, workshop.log.parent):
        directory.mkdir(parents=True, exist_ok=True)
    workshop.log.write_text("")
    try:
        piece.make(workshop)
        stamp.write(workshop.out, piece.files, time.monotonic() - started)
        workshop.out.replace(target)
    finally:
        shutil.rmtree(scratch)


@contextmanager
def _heartbeat(what: str, log: Path, console: Console) -> Iterator[None]:
    """While a piece is made, say now and then what it is at: the last line of its log."""
    done = Event()

    def beat() -> None:
        while not done.wait(BEAT_SECONDS):
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            console.say(f"{what}: {lines[-1][:90] if lines else 'starting'}")

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _note_time(path: Path, piece: Piece, seconds: float) -> None:
    times = json.loads(path.read_bytes()) if path.exists() else {}
    times[piece.name] = {"key": piece.key, "seconds": round(seconds, 1)}
    atomic_write(path, json.dumps(times, indent=1).encode())
