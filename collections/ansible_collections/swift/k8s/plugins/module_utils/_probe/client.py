# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP to one model server, over an address or over a forwarded socket, with times and a transcript without keys."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_SHOWN = 2000  # characters of an answer that the transcript keeps
_STREAM_END = "[DONE]"


class ProbeError(Exception):
    """The server cannot be asked. str() is a message for people."""


@dataclass(frozen=True)
class Answer:
    """What came back, and how fast."""

    status: int
    text: str
    seconds: float
    first_seconds: float
    events: tuple[str, ...] = ()

    @property
    def data(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def complete(self) -> bool:
        """Whether a stream was ended by the server and not by a broken connection."""
        return bool(self.events) and self.events[-1] == _STREAM_END

    @property
    def deltas(self) -> list[Any]:
        return [json.loads(event) for event in self.events if event != _STREAM_END]


@dataclass
class Client:
    """Asks one server; connect makes a fresh connection for each request."""

    connect: Callable[[], http.client.HTTPConnection]
    key: str = field(default="", repr=False)
    transcript: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """One request. Raises ProbeError when no HTTP answer comes."""
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        started = time.monotonic()
        connection = None
        try:
            connection = self.connect()
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = _read(connection.getresponse(), started)
        except (OSError, http.client.HTTPException) as error:
            raise ProbeError(f"{method} {path}: {error or type(error).__name__}") from error
        finally:
            if connection is not None:
                connection.close()
        self.transcript.append(self._entry(method, path, body, answer))
        return answer

    def _entry(self, method: str, path: str, body: Any, answer: Answer) -> dict[str, Any]:
        text = answer.text.replace(self.key, "********") if self.key else answer.text
        return {
            "request": {"method": method, "path": path, "body": body},
            "status": answer.status,
            "answer": text[:_SHOWN],
            "seconds": round(answer.seconds, 3),
            "first_token_seconds": round(answer.first_seconds, 3),
        }


def _read(response: http.client.HTTPResponse, started: float) -> Answer:
    if not (response.getheader("Content-Type") or "").startswith("text/event-stream"):
        body = response.read()
        seconds = time.monotonic() - started
        return Answer(response.status, body.decode(errors="replace"), seconds, seconds)
    events: list[str] = []
    first = 0.0
    for line in response:
        if line.startswith(b"data:"):
            first = first or time.monotonic() - started
            events.append(line[len(b"data:") :].decode(errors="replace").strip())
    return Answer(response.status, "\n".join(events), time.monotonic() - started, first, tuple(events))


def to_url(url: str, timeout: float, ca_file: str | None, verify: bool) -> Callable[[], http.client.HTTPConnection]:
    """Connections to an address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProbeError(f"url {url}: write it as http://host:port or https://host:port")
    host, port = parts.hostname, parts.port
    if parts.scheme == "http":
        return lambda: http.client.HTTPConnection(host, port, timeout=timeout)
    context = ssl.create_default_context(cafile=ca_file)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return lambda: http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


def over_socket(dial: Callable[[], socket.socket], timeout: float) -> Callable[[], http.client.HTTPConnection]:
    """Connections over sockets that someone else opens, e.g. a port-forward."""

    def connect() -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = dial()
        connection.sock.settimeout(timeout)
        return connection

    return connect
