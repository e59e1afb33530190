# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs inside the probe's pod, by itself: says what a container there gets. Standard library only.

usage: python3 -c SCRIPT '{"addresses": ["hub.example:443"], "folder": "/probe"}'; prints one line of JSON
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time

DEVICES = re.compile(r"nvidia[0-9]+|davinci[0-9]+")
#: What runtimes put there to say that a container gets no device.
NONE = ("", "void", "none")
SIZE_MIB = 128
TIMEOUT_SECONDS = 5.0


def devices(folder: str, environment: dict[str, str]) -> int:
    """How many devices were injected: nodes below /dev, or what the runtime says is visible."""
    nodes = [name for name in os.listdir(folder) if DEVICES.fullmatch(name)]
    told = [environment.get(key, "") for key in ("NVIDIA_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES")]
    visible = [value.split(",") for value in told if value not in NONE]
    return max([len(nodes), *(len(value) for value in visible)])


def shared_memory_mib(folder: str) -> int:
    """Size of the shared memory in MiB."""
    found = os.statvfs(folder)
    return found.f_frsize * found.f_blocks // 2**20


def reach(address: str) -> str:
    """Nothing, or why host:port cannot be reached."""
    host, _colon, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS).close()
    except socket.gaierror:
        return "its name is not known"
    except OSError as error:
        return error.strerror or str(error)
    return ""


def speeds(folder: str, size_mib: int = SIZE_MIB) -> dict[str, object]:
    """MiB a second written to the volume and read from it, or why it cannot be."""
    path = os.path.join(folder, f".swift-k8s-probe-{os.getpid()}-{time.time_ns()}")
    block = os.urandom(2**20)
    try:
        with open(path, "xb", buffering=0) as file:
            started = time.monotonic()
            for _number in range(size_mib):
                file.write(block)
            os.fsync(file.fileno())
            wrote = time.monotonic() - started
            # What was just written lies in memory; reading that would measure the memory.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        with open(path, "rb", buffering=0) as file:
            started = time.monotonic()
            while file.read(2**20):
                pass
            took = time.monotonic() - started
        return {"write_mib_s": round(size_mib / wrote), "read_mib_s": round(size_mib / took)}
    except OSError as error:
        return {"volume_error": error.strerror or str(error)}
    finally:
        if os.path.exists(path):
            os.remove(path)


def look(wish: dict[str, object]) -> dict[str, object]:
    """All that was asked for."""
    addresses = wish.get("addresses")
    answers = {str(name): reach(str(name)) for name in addresses} if isinstance(addresses, list) else {}
    found: dict[str, object] = {
        "devices": devices("/dev", dict(os.environ)),
        "shm_mib": shared_memory_mib("/dev/shm"),  # noqa: S108
        "unreachable": [f"{name} ({why})" for name, why in answers.items() if why],
    }
    return {**found, **(speeds(str(wish["folder"])) if wish.get("folder") else {})}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(json.loads(sys.argv[1]))) + "\n")
