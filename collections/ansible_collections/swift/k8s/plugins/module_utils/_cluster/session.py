# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What requests are sent with: an address, connections, and headers that say who asks."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any, Protocol

from . import plain
from .auth import api_client
from .errors import ClusterError
from .kubeconfig import refuse_content

#: What connecting takes, all of it of requirements.txt; the last two come with the first.
PACKAGES = ("kubernetes", "urllib3", "yaml")


class Session(Protocol):
    """Safe for threads."""

    host: str
    pool: Any

    def headers(self, method: str, url: str, data: bytes | None, /) -> Iterable[tuple[str, str]]:
        """What goes with a request."""

    def client(self) -> Any:
        """The client library's ApiClient."""


class LibrarySession:
    """The client library's configuration, pool and credentials, which it renews."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.host: str = client.configuration.host
        self.pool = client.rest_client.pool_manager

    def headers(self, method: str, url: str, data: bytes | None) -> Iterator[tuple[str, str]]:
        """Those set for the client, and a token that is still good."""
        for name, value in self._client.default_headers.items():
            if name != "User-Agent":
                yield from ((name, one) for one in (value if isinstance(value, list) else [value]))
        found: dict[str, str] = {}
        self._client.update_params_for_auth(found, [], ["BearerToken"], url, method, data)
        yield from found.items()

    def client(self) -> Any:
        """The client itself."""
        return self._client


def session(params: Mapping[str, Any]) -> Session:
    """With what the options name. Raises ClusterError naming the file, the context or what is missing."""
    _require_packages()
    refuse_content(params)
    access = plain.access(params)
    if access:
        # What cannot be read, the library reads once more: its messages are tested, and name the file.
        with contextlib.suppress(OSError, ValueError):
            return plain.PlainSession(access, params, api_client)
    return LibrarySession(api_client(params))


def _require_packages() -> None:
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise ClusterError(
            f"{sys.executable} lacks the Python packages {', '.join(missing)}: install the collection's "
            f"requirements.txt with `{sys.executable} -m pip install -r`, or name another ansible_python_interpreter."
        )
