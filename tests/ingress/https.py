"""HTTPS to a host name behind a port of this machine, with a certificate of the test's own authority."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came, and when: seconds from the request to the first and to the last byte."""

    status: int
    text: str
    first: float
    last: float


class Door:
    """One port that serves many host names."""

    def __init__(self, port: int, authority: Path) -> None:
        self._port = port
        self._trust = ssl.create_default_context(cafile=str(authority))

    def ask(self, host: str, body: Mapping[str, Any] | str, **headers: str) -> Answer:
        """POST to /v1/chat/completions; a certificate that is not for this host is an ssl.SSLError."""
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        connection = http.client.HTTPConnection(host)
        connection.sock = self._trust.wrap_socket(plain, server_hostname=host)
        given = {"Content-Type": "application/json", **headers}
        begin = time.monotonic()
        connection.request(
            "POST", "/v1/chat/completions", body if isinstance(body, str) else json.dumps(body).encode(), given
        )
        answer = connection.getresponse()
        parts = [answer.read1()]
        first = time.monotonic() - begin
        while part := answer.read1():
            parts.append(part)
        last = time.monotonic() - begin
        connection.close()
        return Answer(answer.status, b"".join(parts).decode(), first, last)

    def status(self, host: str, body: Mapping[str, Any], **headers: str) -> int:
        """Its status; 0 where nothing with a certificate for this host answers yet."""
        try:
            return self.ask(host, body, **headers).status
        except OSError:
            return 0


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def certificate(directory: Path, hosts: Sequence[str]) -> tuple[Path, Path]:
    """A certificate for these hosts that is its own authority, and its key."""
    pair = directory / "tls.crt", directory / "tls.key"
    names = ",".join(f"DNS:{host}" for host in hosts)
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=tests"]
    where = ["-addext", f"subjectAltName={names}", "-out", str(pair[0]), "-keyout", str(pair[1])]
    subprocess.run(["openssl", *request, *where], check=True, capture_output=True)
    return pair


def hashed(password: str) -> str:
    """A password as a line of htpasswd has it."""
    done = subprocess.run(["openssl", "passwd", "-apr1", password], check=True, capture_output=True, text=True)
    return done.stdout.strip()
