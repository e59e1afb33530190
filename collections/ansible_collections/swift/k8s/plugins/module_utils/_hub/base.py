# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the engine asks of any hub, and the half that all HTTP hubs share."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Protocol

from .answers import check_range, encoded, failure
from .errors import BadAnswer
from .http import Client, bare, origin
from .listing import Listing, RemoteFile
from .names import is_commit
from .response import Response
from .retry import Policy, retried


class Repository(NamedTuple):
    """Which model or dataset, at which revision; `kind` is `model` or `dataset`."""

    id: str
    kind: str
    revision: str


class Body(Protocol):
    """The bytes of one file from `start` on; `start` is 0 when a server ignored the wish to continue.

    `pace` is told the most that will be read, bytes a second, 0 for no limit; False when a new body is needed for that.
    """

    start: int

    def readinto(self, view: memoryview) -> int: ...

    def pace(self, rate: float, /) -> bool: ...

    def close(self) -> None: ...


class Hub(Protocol):
    #: for messages and records: kind and address, no credentials
    name: str
    #: the bare address, for the manifest
    address: str
    #: reads from a disk or from inside the site: the limit of the link does not apply
    local: bool

    def resolve(self, known: str = "", /) -> Listing: ...

    def open(self, file: RemoteFile, offset: int = 0) -> Body: ...

    def close(self) -> None: ...


class HttpBody:
    def __init__(self, response: Response, start: int) -> None:
        self._response = response
        self.start = start

    def readinto(self, view: memoryview) -> int:
        return self._response.readinto(view)

    def pace(self, rate: float, /) -> bool:
        return self._response.pace(rate)

    def close(self) -> None:
        self._response.close()


class HttpHub:
    """Requests with retries, and files with strict ranges. Subclasses know addresses and listings."""

    kind = "http"
    local = False

    def __init__(
        self, client: Client, endpoint: str, repository: Repository, token: str = "", policy: Policy | None = None
    ) -> None:
        self._client = client
        self._endpoint = endpoint.rstrip("/")
        self._repository = repository
        self._token = token
        self._policy = policy or Policy()
        self.address = bare(self._endpoint)
        self.name = f"{self.kind} {self.address}"

    def resolve(self, known: str = "", /) -> Listing:
        raise NotImplementedError

    def address_of(self, file: RemoteFile) -> str:
        raise NotImplementedError

    def open(self, file: RemoteFile, offset: int = 0) -> HttpBody:
        """One attempt; the engine retries, because only it knows whether bytes came."""
        url = self.address_of(file)
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        response = self._client.open(url, headers, self._secrets_for(url))
        try:
            error = failure(response, repr(file.path), url, bool(self._token)) or encoded(response, file)
            if error:
                raise error
            return HttpBody(response, check_range(response, repr(file.path), offset, file.size))
        except BaseException:
            response.close()
            raise

    def close(self) -> None:
        self._client.close()

    def _secrets_for(self, url: str) -> dict[str, str]:
        """None for an address elsewhere: the next page of a mirror's listing may be that of the hub behind it."""
        return self._secrets() if origin(url) == origin(self._endpoint) else {}

    def _secrets(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _ask(
        self, url: str, what: str, use: Callable[[Response], Any], method: str = "GET", follow: bool = True
    ) -> Any:
        """`use` of one successful answer; busy and broken ones are tried again."""

        def once() -> Any:
            response = self._client.open(url, None, self._secrets_for(url), method, follow)
            try:
                error = (
                    None if (not follow and response.status < 400) else failure(response, what, url, bool(self._token))
                )
                if error:
                    raise error
                return use(response)
            finally:
                response.close()

        return retried(once, self._policy)

    def _json(self, url: str, what: str) -> Any:
        return self._ask(url, what, lambda response: response.json())


def field(entry: Any, name: str, kind: Any, where: str) -> Any:
    """A typed field of a JSON object from outside."""
    value = entry.get(name) if isinstance(entry, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadAnswer(
            f"{where} answers without a usable {name!r}", "Check that the endpoint speaks the hub's protocol"
        )
    return value


def checked_commit(name: str, where: str) -> str:
    """The commit that a hub names: it becomes the name of a directory, and must not lead out of the cache."""
    if not is_commit(name):
        raise BadAnswer(
            f"{where} names the commit {name!r}, which is none", "Check that the endpoint speaks the hub's protocol"
        )
    return name
