"""A reader that is slower than the link gets every byte: downloads under a rate limit depend on it."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

from lab.hub.server import HubServer

SIZE = 24 << 20  # more than the sockets' buffers hold


def test_a_slow_reader_gets_every_byte(tmp_path: Path) -> None:
    (tmp_path / "org/slow").mkdir(parents=True)
    (tmp_path / "org/slow/weights.bin").write_bytes(bytes(SIZE))
    path = "/api/v1/models/org/slow/repo?FilePath=weights.bin"
    with HubServer(str(tmp_path), port=0) as hub, urllib.request.urlopen(hub.url + path) as answer:
        time.sleep(0.3)
        got = len(answer.read())
    assert got == SIZE
