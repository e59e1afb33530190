"""The bytes of a file on a socket: ranges, and the faults that touch bytes."""

from __future__ import annotations

import os
import re
import select
import socket
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from .faults import Fault, Faults
from .repos import RepoFile

PIECE = 1 << 18
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Span:
    """What to send: a status and the bytes [start, stop)."""

    status: int
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        return f"bytes */{size}" if self.status == 416 else f"bytes {self.start}-{self.stop - 1}/{size}"


def span(header: str, size: int) -> Span:
    """One range as RFC 9110 has it; anything else gets the whole file."""
    match = _RANGE.fullmatch(header.strip())
    if not match or match.group(0) == "bytes=-":
        return Span(200, 0, size)
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(int(last) + 1, size) if first and last else size
    if start >= size or stop <= start:
        return Span(416, 0, 0)
    return Span(206, start, stop)


class Damage:
    """The faults that hit one answer, taken once when it begins."""

    def __init__(self, faults: Faults, path: str) -> None:
        self.cut = faults.take("cut", path)
        self.stall = faults.take("stall", path)
        self.slow = faults.take("slow", path)
        self.wrong = faults.take("wrong", path) is not None
        self.length = _number(faults.take("length", path), "by")

    def stop_at(self, size: int) -> int:
        """How many of the answer's bytes are sent at all."""
        return min([size, *(fault.at for fault in (self.cut, self.stall) if fault)])


def _number(fault: Fault | None, name: str) -> int:
    return int(getattr(fault, name)) if fault else 0


class Sender:
    """Sends one answer's bytes; `account` is told of each piece, `stopped` ends waits when the hub closes.

    `books` is the lock of who reads the account: a client that has a byte finds it counted.
    """

    def __init__(
        self,
        connection: socket.socket,
        account: Callable[[int], None],
        books: AbstractContextManager[object],
        stopped: threading.Event,
    ) -> None:
        self._connection = connection
        self._account = account
        self._books = books
        self._stopped = stopped

    def send(self, file: RepoFile, part: Span, damage: Damage) -> bool:
        """True when everything went out; else the connection cannot be used again."""
        stop = part.start + damage.stop_at(part.size)
        with open(file.location, "rb") as stream:
            if damage.wrong or damage.slow or not _plain(self._connection):
                reached = self._copy(stream.fileno(), part.start, stop, damage)
            else:
                reached = self._sendfile(stream.fileno(), part.start, stop)
        if damage.stall and stop < part.stop:
            self._stopped.wait(damage.stall.seconds)
        return reached == part.stop and not damage.length

    def _sendfile(self, source: int, at: int, stop: int) -> int:
        while at < stop:
            sent = self._some(source, at, min(PIECE * 4, stop - at))
            if sent is None:  # a socket with a timeout never blocks: a slow reader is waited for here
                if not select.select([], [self._connection], [], self._connection.gettimeout())[1]:
                    raise TimeoutError("the reader has stopped reading")
                continue
            if not sent:  # the file became shorter meanwhile
                break
            at += sent
        return at

    def _some(self, source: int, at: int, size: int) -> int | None:
        """What the socket takes now, counted; None when its buffer is full."""
        with self._books:
            try:
                sent = os.sendfile(self._connection.fileno(), source, at, size)
            except BlockingIOError:
                return None
            self._account(sent)
            return sent

    def _copy(self, source: int, at: int, stop: int, damage: Damage) -> int:
        step = max(1, min(PIECE, damage.slow.rate // 10)) if damage.slow else PIECE
        while at < stop and not self._stopped.is_set():
            piece = os.pread(source, min(step, stop - at), at)
            if not piece:
                break
            if damage.wrong:
                piece = bytes([piece[0] ^ 0xFF]) + piece[1:]
            self._account(len(piece))
            self._connection.sendall(piece)
            at += len(piece)
            if damage.slow:
                self._stopped.wait(len(piece) / damage.slow.rate)
        return at


def _plain(connection: socket.socket) -> bool:
    """TLS encrypts in this process, so the kernel cannot send the file by itself."""
    return type(connection) is socket.socket
