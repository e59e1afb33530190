"""What went over the wire: requests and file bytes, in all and by repository and file. No secret is kept."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

BIN_SECONDS = 0.1
_KEPT = 20_000


@dataclass
class Record:
    """One answered request. `secret` says that it carried a token, not which."""

    method: str
    path: str
    server: str
    range: str = ""
    secret: bool = False
    status: int = 0
    sent: int = 0
    at: float = 0.0


class Stats:
    """Counts since the last reset."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self._start = time.monotonic()
            self._requests = self._bytes = 0
            self._files: dict[str, dict[str, dict[str, int]]] = {}
            self._bins: dict[int, int] = {}
            self._log: deque[Record] = deque(maxlen=_KEPT)

    def request(self, record: Record, repository: str, file: str) -> None:
        """An answer begins."""
        with self.lock:
            record.at = round(time.monotonic() - self._start, 3)
            self._requests += 1
            self._count(repository, file)["requests"] += 1
            self._log.append(record)

    def sent(self, record: Record, repository: str, file: str, size: int) -> None:
        """Some of a file's bytes went out."""
        with self.lock:
            record.sent += size
            self._bytes += size
            self._count(repository, file)["bytes"] += size
            number = int((time.monotonic() - self._start) / BIN_SECONDS)
            self._bins[number] = self._bins.get(number, 0) + size

    def report(self) -> dict[str, Any]:
        """All of it as plain data; listings stand under the empty file name."""
        with self.lock:
            repositories = {
                name: {
                    "requests": sum(count["requests"] for count in files.values()),
                    "bytes": sum(count["bytes"] for count in files.values()),
                    "files": {file: dict(count) for file, count in files.items()},
                }
                for name, files in self._files.items()
            }
            return {
                "requests": self._requests,
                "bytes": self._bytes,
                "repositories": repositories,
                "bin_seconds": BIN_SECONDS,
                "bins": dict(self._bins),
                "log": [asdict(record) for record in self._log],
            }

    def _count(self, repository: str, file: str) -> dict[str, int]:
        return self._files.setdefault(repository, {}).setdefault(file, {"requests": 0, "bytes": 0})
