# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What routes get and give: plain data, so that they can be read and tested without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Callable, NamedTuple, Union
from urllib.parse import parse_qsl, unquote, urlsplit

from .._cache.manifest import Manifest, Record
from .held import Held

#: the kind and the id that a client names -> what the cache holds of it
Find = Callable[[str, str], Held]
KINDS = {"models": "model", "datasets": "dataset"}


class Address(NamedTuple):
    """`parts` of the path are decoded one by one: a revision may hold a slash."""

    parts: tuple[str, ...]
    query: Mapping[str, str]


class Document(NamedTuple):
    """JSON; a refusal is one, too."""

    body: Any
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = {}


class Content(NamedTuple):
    """The bytes of a file, which must still be as its record says."""

    revision: Manifest
    record: Record
    headers: Mapping[str, str]


Answer = Union[Document, Content]


def parse(target: str) -> Address:
    """ValueError where it cannot be parsed."""
    url = urlsplit(target)
    return Address(tuple(unquote(part) for part in url.path.split("/")[1:]), dict(parse_qsl(url.query)))


def etag(record: Record) -> str:
    """Hugging Face clients name what they keep by it."""
    return f'"{record.sha256}"'
