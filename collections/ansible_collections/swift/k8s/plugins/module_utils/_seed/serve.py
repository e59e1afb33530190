# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs in a pod: a cache root as a web server that continues broken downloads. Standard library only, like the engine.

`python3 -m <package>._seed.serve ROOT PORT`. It reads and never writes, and shows models and data sets only.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

_RANGE = re.compile(r"bytes=(\d+)-$")
_SHOWN = ("models", "datasets")
_PIECE = 1 << 20
HEALTH = "/healthz"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    root = ""

    def do_GET(self) -> None:
        """Health, or a file from the asked byte on."""
        if self.path == HEALTH:
            self._head(HTTPStatus.OK, 0)
            return
        try:
            with open(self._file(), "rb") as stream:
                self._send(stream.fileno(), os.fstat(stream.fileno()).st_size)
        except OSError:
            self._head(HTTPStatus.NOT_FOUND, 0)

    def _file(self) -> str:
        """The path behind an address. Links are followed first, so that none leads out."""
        path = os.path.realpath(os.path.join(self.root, unquote(urlsplit(self.path).path).lstrip("/")))
        inside = os.path.relpath(path, self.root).split(os.sep)
        if inside[0] not in _SHOWN or not os.path.isfile(path):
            raise FileNotFoundError(path)
        return path

    def _send(self, source: int, size: int) -> None:
        found = _RANGE.match(self.headers.get("Range", ""))
        start = int(found.group(1)) if found else 0
        if start and start >= size:
            self._head(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0)
            return
        part = {"Content-Range": f"bytes {start}-{size - 1}/{size}"} if found else {}
        self._head(HTTPStatus.PARTIAL_CONTENT if found else HTTPStatus.OK, size - start, part)
        while start < size:
            piece = os.pread(source, _PIECE, start)
            if not piece:
                self.close_connection = True
                return
            self.wfile.write(piece)
            start += len(piece)

    def _head(self, status: HTTPStatus, length: int, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the class gives
        """Probes would fill the log."""


def server(root: str, port: int, host: str = "") -> ThreadingHTTPServer:
    """A server that is ready to run."""
    handler = type("RootHandler", (Handler,), {"root": os.path.realpath(root)})
    return ThreadingHTTPServer((host, port), handler)


def _end(*_received: object) -> None:
    raise SystemExit(0)


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM, which the first process of a container ignores unless it asks for it."""
    root, port = arguments
    signal.signal(signal.SIGTERM, _end)
    server(root, int(port)).serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
