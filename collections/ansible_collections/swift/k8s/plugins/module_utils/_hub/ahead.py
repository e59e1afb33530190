# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the kernel may take in ahead of a limited reader: as much as the link holds on its way, and little more.

It is lost by a kill. And the link sees it: a receiver tells of room by halves of its buffer, so with large ones a
second in which several streams are told of room at once is above the cap, whatever the reader does.
"""

from __future__ import annotations

import functools
import socket
import struct
from typing import NamedTuple

#: a process that waits for a core must find something to read
SHORTEST_SECONDS = 0.005
SMALLEST_BUFFER = 16 << 10
#: smaller ones make a sender wait until its timer lets it send less than a segment
SEGMENTS = 2
#: tcpi_snd_mss and tcpi_rtt (microseconds) of Linux's struct tcp_info
_TCP_INFO = struct.Struct("=16xI48xI")


class Path(NamedTuple):
    """What the kernel knows of the way to the other end; a segment is as long there as here."""

    segment_bytes: int
    round_trip_seconds: float


#: where nobody tells
UNKNOWN = Path(1448, 0.1)


class Ahead:
    """The receive buffer of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rate = 0.0
        self._bounded = False
        #: bounded once, a buffer cannot be left to the kernel's own sizing again
        self.spent = False

    def follow(self, rate: float) -> bool:
        """Bound the buffer for a stream of `rate` bytes a second; 0 leaves it to the kernel.

        False when only a new connection can be read so fast.
        """
        if rate != self._rate:
            self._rate = rate
            size = buffer_bytes(rate, path_of(self._connection))
            if size and granted(size):
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
                self._bounded = True
            else:
                self.spent = self._bounded
        return not self.spent


def buffer_bytes(rate: float, path: Path) -> int:
    """Bytes for SO_RCVBUF: two round trips of the stream. Pure."""
    smallest = max(SMALLEST_BUFFER, SEGMENTS * path.segment_bytes)
    return int(max(smallest, rate * max(2 * path.round_trip_seconds, SHORTEST_SECONDS))) if rate else 0


def path_of(connection: socket.socket) -> Path:
    """As it was measured when the connection was made, or since."""
    try:
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
        segment, round_trip = _TCP_INFO.unpack(told)
        return Path(segment, round_trip / 1e6)
    except (AttributeError, OSError, struct.error):
        return UNKNOWN


@functools.lru_cache(maxsize=64)
def granted(receive_buffer: int) -> bool:
    """Whether this host lets us have such a buffer; a smaller one would also end the kernel's own sizing, for good."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        return probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= receive_buffer
