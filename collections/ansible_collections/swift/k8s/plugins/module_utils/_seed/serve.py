# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs in a pod: a cache root as a hub that continues broken downloads. Standard library only, like the engine.

`python3 -m <package>._seed.serve ROOT PORT [--rate-file FILE] [--token-file FILE]`. It reads and never writes, and
shows models and data sets only: to our own engine as files below `/models` and `/datasets`, to Hugging Face's and
ModelScope's clients as their hubs do. The limit is one for all that is sent, to however many; its file may change
meanwhile.
"""

from __future__ import annotations

import argparse
import functools
import hmac
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from email.message import Message
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Optional

from .._cache.bucket import Bucket, host_directory, open_bucket
from .._cache.layout import PART_SUFFIX, Snapshot
from .._cache.limit import Limit, LimitSettings
from . import held, huggingface_routes, modelscope_routes
from .answers import Address, Answer, Content, Document, parse

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})$")
_SHOWN = ("models", "datasets")
_ROUTES = (modelscope_routes.route, huggingface_routes.route)
_PIECE = 1 << 20
_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 5
HEALTH = "/healthz"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    #: headers and the body of a small answer are two packets; the second shall not wait until the first is confirmed
    disable_nagle_algorithm = True
    root = ""
    token = ""
    bucket: Optional[Bucket] = None

    def do_GET(self) -> None:
        """Health, what a client of a hub asks for, or a file from the asked byte on."""
        if self.path == HEALTH:
            self._head(HTTPStatus.OK, 0)
        elif self.token and not _opens(self.headers, self.token):
            self._document(_refusal(HTTPStatus.UNAUTHORIZED, "the token is not the one of this hub, or there is none"))
        else:
            self._answer()

    def do_HEAD(self) -> None:
        """As GET, without the body."""
        self.do_GET()

    def _answer(self) -> None:
        try:
            address = parse(self.path)
            answer = _routed(address, self.root)
            if isinstance(answer, Document):
                self._document(answer)
                return
            path = _path_of(answer, self.root) if answer else os.path.join(self.root, *address.parts)
            source = os.open(_inside(path, self.root), os.O_RDONLY)
        except (OSError, ValueError):
            self._document(_refusal(HTTPStatus.NOT_FOUND, "there is no such address or file"))
            return
        try:
            self._file(source, answer)
        finally:
            os.close(source)

    def _file(self, source: int, wanted: Optional[Content]) -> None:
        found = os.fstat(source)
        if wanted and (found.st_size, found.st_mtime_ns) != (wanted.record.size, wanted.record.mtime_ns):
            message = f"{wanted.record.path!r} is not as it was verified: it is being replaced, or seed with verify"
            later = {"Retry-After": str(_RETRY_SECONDS)}
            self._document(_refusal(HTTPStatus.SERVICE_UNAVAILABLE, message)._replace(headers=later))
            return
        headers = {"Content-Type": "application/octet-stream", **(wanted.headers if wanted else {})}
        self._send(lambda size, start: os.pread(source, size, start), found.st_size, HTTPStatus.OK, headers)

    def _document(self, document: Document) -> None:
        body = json.dumps(document.body).encode()
        headers = {"Content-Type": "application/json", **document.headers}
        self._send(lambda size, start: body[start : start + size], len(body), document.status, headers)

    def _send(
        self, read: Callable[[int, int], bytes], size: int, status: HTTPStatus, headers: Mapping[str, str]
    ) -> None:
        """The whole, or the asked range of it; of an error always the whole."""
        found = _RANGE.match(self.headers.get("Range", "")) if status == HTTPStatus.OK and size else None
        start = int(found.group(1)) if found else 0
        last = min(int(found.group(2) or size), size - 1) if found else size - 1
        if found and start >= size:
            self._head(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0, {"Content-Range": f"bytes */{size}"})
            return
        if found and start > last:
            found, start, last = None, 0, size - 1
        part = {"Content-Range": f"bytes {start}-{last}/{size}"} if found else {}
        self._head(HTTPStatus.PARTIAL_CONTENT if found else status, last + 1 - start, {**headers, **part})
        while start <= last and self.command != "HEAD":
            piece = read(min(self.bucket.step(_PIECE) if self.bucket else _PIECE, last + 1 - start), start)
            if not piece:
                self.close_connection = True
                return
            self.wfile.write(piece)
            start += len(piece)
            if self.bucket:
                time.sleep(self.bucket.reserve(len(piece)))

    def _head(self, status: HTTPStatus, length: int, more: Optional[Mapping[str, str]] = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("Accept-Ranges", "bytes")
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the class gives
        """Probes would fill the log."""


def _routed(address: Address, root: str) -> Optional[Answer]:
    find = functools.partial(held.read, root)
    answers = (route(address, find) for route in _ROUTES)
    return next((answer for answer in answers if answer), None)


def _path_of(content: Content, root: str) -> str:
    revision = content.revision
    return Snapshot(root, revision.id, revision.kind, revision.revision).file(content.record.path)


def _inside(path: str, root: str) -> str:
    """Where it really is. Links are followed first, so that none leads out; unfinished work is not shown."""
    real = os.path.realpath(path)
    inside = os.path.relpath(real, root).split(os.sep)
    if inside[0] not in _SHOWN or inside[2:3] == [".seed"] or real.endswith(PART_SUFFIX) or not os.path.isfile(real):
        raise FileNotFoundError(real)
    return real


def _opens(headers: Message, token: str) -> bool:
    """ModelScope's clients send a cookie, those from 1.38 on the header too; Hugging Face's and ours the header."""
    given = [headers.get("Authorization", "")]
    try:
        cookie = SimpleCookie(headers.get("Cookie", "")).get("m_session_id")
    except CookieError:
        cookie = None
    if cookie:
        given.append(f"Bearer {cookie.value}")
    right = f"Bearer {token}".encode()
    return any(hmac.compare_digest(each.encode("utf-8", "replace"), right) for each in given)


def _refusal(status: HTTPStatus, message: str) -> Document:
    """In the words of both hubs."""
    words = {"Code": status.value, "Success": False, "Message": message, "RequestId": "", "error": message}
    return Document(words, status)


class _Server(ThreadingHTTPServer):
    #: many clients with eight connections each come at once
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def server(root: str, port: int, host: str = "", token: str = "", bucket: Bucket | None = None) -> ThreadingHTTPServer:
    """A server that is ready to run."""
    own = {"root": os.path.realpath(root), "token": token, "bucket": bucket}
    return _Server((host, port), type("RootHandler", (Handler,), own))


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
