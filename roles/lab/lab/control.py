"""Talk to a supervisor: its socket is a file, so it is reached from any network namespace."""

from __future__ import annotations

import json
import socket
import struct
from pathlib import Path
from typing import Any

from .errors import LabError


def call(path: Path, operation: str, timeout: float = 5.0, **arguments: Any) -> dict[str, Any]:
    """Send one command; raises OSError when nobody listens."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        with connection.makefile("rw") as stream:
            stream.write(json.dumps({"op": operation, **arguments}) + "\n")
            stream.flush()
            answer: dict[str, Any] = json.loads(stream.readline())
    if not answer["ok"]:
        raise LabError(answer["error"], "name one of them")
    return answer


def peer(path: Path) -> int:
    """The supervisor's process id as seen from here (the kernel translates it between pid namespaces)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid: int = struct.unpack("3i", packed)[0]
        return pid


def alive(path: Path) -> bool:
    """Whether a supervisor answers."""
    try:
        return bool(call(path, "status", timeout=2)["ok"])
    except (OSError, ValueError):
        return False
