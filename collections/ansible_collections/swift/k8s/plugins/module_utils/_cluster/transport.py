# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests to one API server: retries where repeating is safe, typed errors, a count by verb."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from socket import socket
from typing import Any
from urllib.parse import urlencode

from . import errors, portforward

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
ATTEMPTS = 5
REPEATABLE = (429, 500, 502, 503, 504)
KINDS = {
    400: errors.Invalid,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Gone,
    422: errors.Invalid,
    429: errors.TooManyRequests,
}


class Transport:
    """Raw HTTP with the client library's configuration, pool and credentials."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._pool = client.rest_client.pool_manager
        self.host: str = client.configuration.host
        self.requests: Counter[str] = Counter()

    def forward(self, namespace: str, pod: str, port: int) -> socket:
        """A connection to a port of a pod."""
        return portforward.dial(self._client, namespace, pod, port)

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        read_seconds: float | None = READ_SECONDS,
        stream: bool = False,
        accept: str = "application/json",
    ) -> Any:
        """The response, decoded by the caller. Raises a ClusterError for every status from 400 on."""
        url = f"{self.host}{path}{'?' + urlencode(query) if query else ''}"
        data = json.dumps(body).encode() if body is not None else None
        for attempt in range(1, ATTEMPTS + 1):
            headers = {"Accept": accept, "Content-Type": content_type, "User-Agent": "swift.k8s"}
            response = self._send(method, url, data, headers, read_seconds, stream, attempt)
            if response is None:
                continue
            if response.status < 400:
                return response
            patience = response.status == 429 or (method == "GET" and response.status in REPEATABLE)
            if not patience or attempt == ATTEMPTS:
                raise refusal(response.status, response.read() if stream else response.data, method, path)
            time.sleep(min(10.0, float(response.headers.get("Retry-After") or 0.2 * 2**attempt)))
        raise errors.Unreachable(f"{self.host} did not answer {ATTEMPTS} times: check the API server.")

    def _send(
        self,
        method: str,
        url: str,
        data: bytes | None,
        headers: dict[str, str],
        seconds: float | None,
        stream: bool,
        attempt: int,
    ) -> Any:
        from urllib3 import Timeout  # noqa: PLC0415 - comes with the client library
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        query: list[tuple[str, str]] = []
        self._client.update_params_for_auth(headers, query, ["BearerToken"], url, method, data)
        self.requests[method] += 1
        try:
            return self._pool.request(
                method,
                url,
                body=data,
                headers=headers,
                timeout=Timeout(connect=CONNECT_SECONDS, read=seconds),
                retries=False,
                preload_content=not stream,
            )
        except HTTPError as problem:
            if method != "GET" or attempt == ATTEMPTS:
                raise errors.Unreachable(
                    f"{self.host} cannot be reached ({reason(problem)}): check address, network and certificate."
                ) from problem
            time.sleep(0.2 * 2**attempt)
            return None


def reason(problem: BaseException) -> str:
    """The innermost cause, which names the trouble; the outer ones name the library's classes."""
    while (inner := getattr(problem, "reason", None) or problem.__cause__) is not None and inner is not problem:
        if not isinstance(inner, BaseException):
            return str(inner)
        problem = inner
    return str(problem) or type(problem).__name__


def refusal(status: int, data: bytes, method: str, path: str) -> errors.ClusterError:
    """The typed error of a refused request, with the API server's own sentence."""
    try:
        said = str(json.loads(data).get("message", ""))
    except (ValueError, AttributeError):
        said = data[:200].decode(errors="replace").strip()
    kind = KINDS.get(status, errors.ClusterError)
    said = said or f"{method} {path} was answered with status {status}"
    advice = {
        401: ": renew the credentials (token, certificate or kubeconfig).",
        403: ": ask for a Role that allows it.",
    }.get(status, "")
    return kind(f"{said}{advice}")
