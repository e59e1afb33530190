# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Answers that come line by line: events of a watch, logs of a container."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import Gone, Unreachable
from .refusal import reason
from .transport import Request, Transport

#: An API server ends a watch by itself; this much later it is rather gone.
_GRACE_SECONDS = 15.0
_CHUNK = 1 << 16


def given(query: Mapping[str, Any]) -> dict[str, Any]:
    """A query without what is not set."""
    return {key: value for key, value in query.items() if value}


def events(
    transport: Transport, path: str, query: Mapping[str, Any], timeout_seconds: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Events of a collection as (type, object) until the time is over. Raises Gone where they start too long ago."""
    asked = {"watch": "true", "timeoutSeconds": timeout_seconds, **given(query)}
    for line in lines(transport, path, asked, timeout_seconds + _GRACE_SECONDS):
        event = json.loads(line)
        if event["type"] == "ERROR":
            raise Gone(event["object"].get("message", "the watch ended"))
        yield event["type"], event["object"]


def log_path(namespace: str, pod: str) -> str:
    """Where a pod's logs are."""
    return f"/api/v1/namespaces/{namespace}/pods/{pod}/log"


def lines(transport: Transport, path: str, query: Mapping[str, Any], seconds: float | None) -> Iterator[str]:
    """Lines that are not empty. Raises Unreachable where the connection breaks in the middle."""
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with the client library

    response = transport.send(Request("GET", path, query, read_seconds=seconds, stream=True))
    rest = b""
    try:
        for chunk in response.stream(_CHUNK, decode_content=True):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line.decode(errors="replace") for line in whole if line)
        if rest:
            yield rest.decode(errors="replace")
    except HTTPError as problem:
        raise Unreachable(f"{transport.host} broke off {path} ({reason(problem)}): ask again.") from problem
    finally:
        response.close()
