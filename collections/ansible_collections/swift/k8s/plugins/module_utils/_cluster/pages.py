# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Collections page by page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from .errors import Gone
from .transport import Request, Transport

Picked = TypeVar("Picked")


def collect(
    transport: Transport,
    path: str,
    query: Mapping[str, Any],
    accept: str,
    pick: Callable[[dict[str, Any]], Picked | None],
) -> list[Picked]:
    """What pick makes of each item, without None. A list that takes too long to page through is asked for in one."""
    try:
        return _kept(pages(transport, path, query, accept), pick)
    except Gone:
        return _kept(pages(transport, path, {**query, "limit": 0}, accept), pick)


def pages(transport: Transport, path: str, query: Mapping[str, Any], accept: str) -> Iterator[dict[str, Any]]:
    """The items of all pages."""
    token = ""
    while True:
        asked = {**query, "continue": token} if token else query
        answer = json.loads(transport.send(Request("GET", path, asked, accept=accept)).data)
        yield from answer.get("items") or []
        token = answer.get("metadata", {}).get("continue", "")
        if not token:
            return


def _kept(items: Iterator[dict[str, Any]], pick: Callable[[dict[str, Any]], Picked | None]) -> list[Picked]:
    return [kept for item in items if (kept := pick(item)) is not None]
