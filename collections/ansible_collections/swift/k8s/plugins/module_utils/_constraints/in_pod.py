# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a container sees: devices, shared memory, the volume's speed, names and addresses. One JSON line.

python3 -c SOURCE '{"files": "nvidia[0-9]+", "volume": "/probe", "addresses": ["modelscope.cn:443"]}'

Runs inside a pod by the standard library alone, on any Python from 3.9.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MIB = 1 << 20
VOLUME_MIB = 64
CONNECT_SECONDS = 5.0
SHARED_MEMORY = "/dev/shm"  # noqa: S108


def devices(pattern: str, root: Path = Path("/")) -> list[str]:
    """Files of devices whose names the pattern matches."""
    return sorted(path.name for path in (root / "dev").glob("*") if re.fullmatch(pattern, path.name))


def size_mib(path: str) -> int:
    """Size of the file system at the path."""
    stat = os.statvfs(path)
    return stat.f_blocks * stat.f_frsize // MIB


def volume(directory: str, mib: int = VOLUME_MIB) -> dict[str, Any]:
    """MiB/s of writing a file until it is on the disk, and of reading it back past the page cache."""
    path, block = Path(directory) / f".probe-{os.uname().nodename}", os.urandom(MIB)
    try:
        begin = time.monotonic()
        with path.open("wb") as file:
            for _index in range(mib):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
            written = time.monotonic()
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        with path.open("rb", buffering=0) as file:
            while file.read(MIB):
                pass
        ended = time.monotonic()
    except OSError as error:
        return {"error": str(error)}
    finally:
        path.unlink(missing_ok=True)
    return {"write_mib_s": round(mib / (written - begin)), "read_mib_s": round(mib / (ended - written))}


def reach(addresses: list[str]) -> dict[str, list[str]]:
    """Addresses (host:port) whose name is not known, and those that do not answer."""
    found: dict[str, list[str]] = {"unknown_names": [], "unreachable": []}
    for address in addresses:
        host, _colon, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
        except socket.gaierror:
            found["unknown_names"].append(host)
        except OSError as error:
            found["unreachable"].append(f"{address} ({error.strerror or error})")
    return found


def look(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Everything, as data."""
    return {
        "devices": devices(wish["files"]),
        "shm_mib": size_mib(SHARED_MEMORY),
        "volume": volume(wish["volume"]) if wish.get("volume") else {},
        **reach(wish.get("addresses") or []),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(json.loads(sys.argv[1]))) + "\n")
