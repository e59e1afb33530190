"""What routes get and give: plain data, so that they can be read and tested without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from .repos import RepoFile

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One request, decoded; `base` is the address by which the client knows this hub."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    base: str
    token: str = ""

    @property
    def parts(self) -> list[str]:
        return self.path.strip("/").split("/")


@dataclass(frozen=True)
class Json:
    """A document; errors of a hub are documents too."""

    body: Any
    status: int = 200
    headers: Headers = ()


@dataclass(frozen=True)
class Redirect:
    """Go to the content network; `file` is what waits there."""

    file: RepoFile
    headers: Headers = ()


@dataclass(frozen=True)
class Blob:
    """The bytes of a file, whole or a range."""

    file: RepoFile
    headers: Headers = ()


Answer = Union[Json, Redirect, Blob]


@dataclass(frozen=True)
class Routed:
    """An answer and the repository it is about, for the counts."""

    answer: Answer
    repository: str = ""
    file: str = ""


@dataclass(frozen=True)
class Tokens:
    """Who may read what is not public. With no token configured, any token is good."""

    accepted: frozenset[str] = field(default_factory=frozenset)

    def known(self, token: str) -> bool:
        return bool(token) and (not self.accepted or token in self.accepted)
