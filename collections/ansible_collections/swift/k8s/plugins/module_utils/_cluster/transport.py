# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests to one API server: retries where repeating is safe, typed errors, a count by verb."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from socket import socket
from typing import Any
from urllib.parse import urlencode

from . import portforward
from .errors import ClusterError
from .refusal import distrust, refusal, unreachable
from .session import Session

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
JSON = "application/json"
#: Waits before each repetition, a minute and a half: an API server that stops grants open watches a minute.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0, 15.0)
#: An address at which nobody ever listened is rather wrong than restarting.
FIRST_PAUSES = PAUSES[:2]
LONGEST_PAUSE = 30.0
REPEATABLE = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent and sent again."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    content_type: str = JSON
    accept: str = JSON
    read_seconds: float | None = READ_SECONDS
    stream: bool = False

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def data(self) -> bytes | None:
        """The body as it goes over the wire."""
        return json.dumps(self.body).encode() if self.body is not None else None


class Transport:
    """Raw HTTP in a session. Safe for threads."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._answered = False
        self.host: str = session.host
        self.requests: Counter[str] = Counter()

    def forward(self, namespace: str, pod: str, port: int) -> socket:
        """A connection to a port of a pod."""
        return portforward.dial(self._session.client(), namespace, pod, port)

    def send(self, request: Request) -> Any:
        """The response, decoded by the caller. Raises a ClusterError for every status from 400 on."""
        repeated = 0
        while True:
            answer = self._once(request)
            if not isinstance(answer, Exception) and answer.status < 400:
                return answer
            pauses = self._pauses(request, answer)
            if repeated >= len(pauses):
                raise self._error(request, answer)
            asked = None if isinstance(answer, Exception) else answer.headers.get("Retry-After")
            time.sleep(wished(asked, pauses[repeated]))
            repeated += 1

    def _pauses(self, request: Request, answer: Any) -> tuple[float, ...]:
        """The waits that a failure is worth; none where sending it again is no use, or could do something twice."""
        if not isinstance(answer, Exception):
            patience = answer.status == 429 or (request.method == "GET" and answer.status in REPEATABLE)
            return PAUSES if patience else ()
        unsent = _never_left(answer)
        if distrust(answer) or not (unsent or request.method == "GET"):
            return ()
        return FIRST_PAUSES if unsent and not self._answered else PAUSES

    def _error(self, request: Request, answer: Any) -> ClusterError:
        if isinstance(answer, Exception):
            error = unreachable(self.host, answer)
            error.__cause__ = answer
            return error
        content = answer.read() if request.stream else answer.data
        return refusal(answer.status, content, request.method, request.path)

    def _once(self, request: Request) -> Any:
        """The response, or the exception that came in its place."""
        from urllib3 import Timeout  # noqa: PLC0415 - comes with the client library
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        url, data = f"{self.host}{request.target}", request.data
        headers = self._headers(request, url)
        with self._lock:
            self.requests[request.method] += 1
        try:
            answer = self._session.pool.request(
                request.method,
                url,
                body=data,
                headers=headers,
                timeout=Timeout(connect=CONNECT_SECONDS, read=request.read_seconds),
                retries=False,
                preload_content=not request.stream,
            )
        except HTTPError as problem:
            return problem
        self._answered = True
        return answer

    def _headers(self, request: Request, url: str) -> Any:
        from urllib3 import HTTPHeaderDict  # noqa: PLC0415

        headers = HTTPHeaderDict(
            {"Accept": request.accept, "Content-Type": request.content_type, "User-Agent": "swift.k8s"}
        )
        if request.method == "GET" and not request.stream:
            # Lists of a big cluster shrink to a fifteenth, which counts where the API server is far away.
            headers["Accept-Encoding"] = "gzip"
        for name, value in self._session.headers(request.method, url, request.data):
            headers.add(name, value)
        return headers


def _never_left(problem: Exception) -> bool:
    """Whether nobody can have seen the request: there was no connection."""
    from urllib3 import exceptions  # noqa: PLC0415

    return isinstance(problem, (exceptions.ConnectTimeoutError, exceptions.NewConnectionError))


def wished(retry_after: str | None, otherwise: float) -> float:
    """Seconds that the server asks to wait, within reason; dates, which API servers never send, do not count."""
    return min(LONGEST_PAUSE, float(retry_after)) if retry_after and retry_after.isdigit() else otherwise
