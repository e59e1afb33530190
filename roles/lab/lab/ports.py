"""Loopback ports of the host: free ones, or those that the user fixed."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping

from .errors import LabError

NAMES = ("api", "registry", "hub")
HIGHEST = 65535


def variable(name: str) -> str:
    """The environment variable that fixes a port."""
    return f"LAB_{name.upper()}_PORT"


def chosen(environment: Mapping[str, str]) -> dict[str, int]:
    """The port of each name; 0 lets the kernel choose."""
    ports = {}
    for name in NAMES:
        text = environment.get(variable(name)) or "0"
        if not text.isdigit() or int(text) > HIGHEST:
            raise LabError(f"{variable(name)}={text!r} is not a port", f"set a number from 1 to {HIGHEST}, or unset it")
        ports[name] = int(text)
    return ports


def require(environment: Mapping[str, str], running: Mapping[str, int], again: str) -> None:
    """A lab that runs keeps its ports: raise LabError where another one is asked for."""
    for name, port in chosen(environment).items():
        if port not in (0, running[name]):
            raise LabError(
                f"the lab's {name} has port {running[name]}, and {variable(name)}={port} asks for {port}", again
            )


def listen(environment: Mapping[str, str] | None = None) -> dict[str, socket.socket]:
    """One listening loopback socket a name; all closed again if one cannot be had."""
    sockets: dict[str, socket.socket] = {}
    try:
        for name, port in chosen(environment if environment is not None else os.environ).items():
            sockets[name] = listen_on(f"the lab's {name}", port, variable(name))
    except LabError:
        for opened in sockets.values():
            opened.close()
        raise
    return sockets


def listen_on(purpose: str, port: int, setting: str) -> socket.socket:
    """One listening loopback socket."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        raise LabError(
            f"port {port} on 127.0.0.1, wanted for {purpose}, is taken",
            f"end what listens there (ss -ltnp 'sport = :{port}'), or change {setting}",
        ) from error
    return listener
