"""Loopback ports of the host that lead into the lab.

The listening sockets are made in the host's network namespace and inherited; this process runs inside the lab's, so
every connection it makes starts there. usage: python -m lab.forwarder FD=ADDRESS:PORT …
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

CHUNK = 1 << 18


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until the sender closes, then pass the close on."""
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _carry(client: tuple[asyncio.StreamReader, asyncio.StreamWriter], host: str, port: int) -> None:
    reader, writer = client
    try:
        inner_reader, inner_writer = await asyncio.open_connection(host, port, limit=CHUNK)
    except OSError:
        writer.close()
        return
    try:
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
    finally:
        inner_writer.close()
        writer.close()


async def forward(listeners: dict[int, tuple[str, int]]) -> None:
    """Serve every inherited socket until killed."""
    servers = []
    for descriptor, (host, port) in listeners.items():

        async def connected(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str = host, port: int = port
        ) -> None:
            await _carry((reader, writer), host, port)

        servers.append(await asyncio.start_server(connected, sock=socket.socket(fileno=descriptor), limit=CHUNK))
    await asyncio.gather(*(server.serve_forever() for server in servers))


def parse(words: list[str]) -> dict[int, tuple[str, int]]:
    """`5=10.99.0.1:6443` means: what connects to socket 5 is carried to that address."""
    listeners = {}
    for word in words:
        descriptor, _, target = word.partition("=")
        host, _, port = target.rpartition(":")
        listeners[int(descriptor)] = (host, int(port))
    return listeners


if __name__ == "__main__":
    asyncio.run(forward(parse(sys.argv[1:])))
