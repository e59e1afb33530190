# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs in a pod: a cache root as a web server that continues broken downloads. Standard library only, like the engine.

`python3 -m <package>._seed.serve ROOT PORT [--rate-file FILE] [--token-file FILE]`. It reads and never writes, and
shows models and data sets only. The limit is one for all that is sent, to however many; its file may change meanwhile.
"""

from __future__ import annotations

import argparse
import hmac
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from .._cache.bucket import Bucket, host_directory, open_bucket
from .._cache.limit import Limit, LimitSettings

_RANGE = re.compile(r"bytes=(\d+)-$")
_SHOWN = ("models", "datasets")
_PIECE = 1 << 20
_LOOK_SECONDS = 1.0
HEALTH = "/healthz"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    root = ""
    token = ""
    bucket: Bucket | None = None

    def do_GET(self) -> None:
        """Health, or a file from the asked byte on."""
        if self.path == HEALTH:
            self._head(HTTPStatus.OK, 0)
            return
        given = self.headers.get("Authorization", "").encode("utf-8", "replace")
        if self.token and not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            self._head(HTTPStatus.UNAUTHORIZED, 0)
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
            piece = os.pread(source, self.bucket.step(_PIECE) if self.bucket else _PIECE, start)
            if not piece:
                self.close_connection = True
                return
            self.wfile.write(piece)
            start += len(piece)
            if self.bucket:
                time.sleep(self.bucket.reserve(len(piece)))

    def _head(self, status: HTTPStatus, length: int, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the class gives
        """Probes would fill the log."""


def server(root: str, port: int, host: str = "", token: str = "", bucket: Bucket | None = None) -> ThreadingHTTPServer:
    """A server that is ready to run."""
    own = {"root": os.path.realpath(root), "token": token, "bucket": bucket}
    return ThreadingHTTPServer((host, port), type("RootHandler", (Handler,), own))


def limited(path: str, directory: str) -> Bucket:
    """The bucket of this server; a thread gives it the limit that the file names."""
    bucket, limit = open_bucket("lan", directory), Limit(LimitSettings(True, file=path))
    bucket.publish(limit.now())

    def look() -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            bucket.publish(limit.now())

    threading.Thread(target=look, name="limit", daemon=True).start()
    return bucket


def _end(*_received: object) -> None:
    raise SystemExit(0)


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM, which the first process of a container ignores unless it asks for it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("port", type=int)
    parser.add_argument("--rate-file")
    parser.add_argument("--token-file")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    bucket = limited(options.rate_file, host_directory(options.root)) if options.rate_file else None
    token = _read(options.token_file) if options.token_file else ""
    server(options.root, options.port, token=token, bucket=bucket).serve_forever()
    return 0


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as stream:
        token = stream.read().strip()
    if not token:
        raise SystemExit(f"{path} is empty: put the token into the Secret")
    return token


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
