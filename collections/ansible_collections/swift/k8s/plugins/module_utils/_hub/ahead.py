# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the kernel may take in ahead of a limited reader: as much as the link holds on its way, and little more.

It is seen by the link as a burst when a reader comes late, and it is lost by a kill.
"""

from __future__ import annotations

import functools
import socket
import struct

#: for links whose round trip nobody tells
ROUND_TRIP_SECONDS = 0.1
#: a process that waits for a core must find something to read
SHORTEST_SECONDS = 0.02
SMALLEST_BUFFER = 64 << 10
#: tcpi_rtt of Linux's struct tcp_info, microseconds
_ROUND_TRIP = struct.Struct("=68xI")


def bound(connection: socket.socket, rate: float) -> None:
    """Bound the receive buffer of a new connection for a stream of `rate` bytes a second; 0 leaves it to the kernel."""
    size = buffer_bytes(rate, round_trip(connection))
    if size and granted(size):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


def buffer_bytes(rate: float, round_trip_seconds: float) -> int:
    """Bytes for SO_RCVBUF: two round trips of the stream. Pure."""
    return int(max(SMALLEST_BUFFER, rate * max(2 * round_trip_seconds, SHORTEST_SECONDS))) if rate else 0


def round_trip(connection: socket.socket) -> float:
    """Seconds that the kernel measured when the connection was made."""
    try:
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ROUND_TRIP.size)
        return float(_ROUND_TRIP.unpack(told)[0]) / 1e6
    except (AttributeError, OSError, struct.error):
        return ROUND_TRIP_SECONDS


@functools.lru_cache(maxsize=64)
def granted(receive_buffer: int) -> bool:
    """Whether this host lets us have such a buffer; a smaller one would also end the kernel's own sizing, for good."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        return probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= receive_buffer
