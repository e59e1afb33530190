# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A session made of what lies in a kubeconfig or in the options, without the client library.

Its import takes longer than all the requests of most modules. It is asked where more is needed than an address, an
authority, and a certificate or token: a command, a proxy, another name for TLS, the pod's own account, several files.
"""

from __future__ import annotations

import base64
import binascii
import functools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies_environment

from .errors import ClusterError
from .kubeconfig import default_path, merged

_CLUSTER = {"server", "certificate-authority", "certificate-authority-data", "extensions"}
_USER = {"client-certificate", "client-certificate-data", "client-key", "client-key-data", "token"}
_LIBRARY_OPTIONS = ("username", "password", "client_cert", "client_key", "proxy", "no_proxy")
#: More than the threads that any module starts.
_CONNECTIONS = 16


@dataclass(frozen=True)
class Access:
    """server: https URL. authority, certificate, key: PEM. token: a bearer's."""

    server: str
    authority: bytes
    certificate: bytes = b""
    key: bytes = b""
    token: str = ""


class PlainSession:
    """Connections with one certificate or token. Raises ssl.SSLError where they cannot be read."""

    def __init__(self, access: Access, params: Mapping[str, Any], library: Callable[[Mapping[str, Any]], Any]) -> None:
        self.host = access.server.rstrip("/")
        self.pool = _pool(access)
        self._headers = list(_identity(access.token, params))
        self._library: Callable[[], Any] = functools.lru_cache(functools.partial(library, params))

    def headers(self, _method: str, _url: str, _data: bytes | None) -> list[tuple[str, str]]:
        """Who asks."""
        return self._headers

    def client(self) -> Any:
        """The client library's, for what only that can do."""
        return self._library()


def access(params: Mapping[str, Any]) -> Access | None:
    """What the options name, if it is that simple; whatever is wrong with it is said by those who read it in full."""
    if any(params.get(name) for name in _LIBRARY_OPTIONS) or params.get("validate_certs") is False:
        return None
    if getproxies_environment():
        return None
    try:
        found = _of_options(params) if params.get("host") else _of_kubeconfig(params)
    except (ClusterError, OSError, LookupError, TypeError, AttributeError, binascii.Error):
        return None
    return found if found and found.server.startswith("https://") and found.authority else None


def _of_options(params: Mapping[str, Any]) -> Access | None:
    if not (params.get("ca_cert") and params.get("api_key")):
        return None
    return Access(params["host"], _read(params["ca_cert"]), token=params["api_key"])


def _of_kubeconfig(params: Mapping[str, Any]) -> Access | None:
    path = default_path(params)
    if path is None or os.pathsep in path or params.get("api_key") or params.get("ca_cert"):
        return None
    config = merged(path)
    context = _named(config["contexts"], params.get("context") or config["current-context"])["context"]
    cluster = _named(config["clusters"], context["cluster"])["cluster"]
    user = _named(config["users"], context["user"])["user"]
    if not (set(cluster) <= _CLUSTER and set(user) <= _USER):
        return None
    folder = os.path.dirname(os.path.abspath(os.path.expanduser(path)))
    certificate, key = (_pem(user, name, folder) for name in ("client-certificate", "client-key"))
    if not (user.get("token") or (certificate and key)):
        return None
    authority = _pem(cluster, "certificate-authority", folder)
    return Access(cluster["server"], authority, certificate, key, user.get("token") or "")


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return {item["name"]: item for item in items}[name]


def _pem(entry: Mapping[str, str], name: str, folder: str) -> bytes:
    """Data comes before a file, as with kubectl; the file's path starts where the kubeconfig lies."""
    if entry.get(f"{name}-data"):
        return base64.b64decode(entry[f"{name}-data"], validate=True)
    return _read(os.path.join(folder, entry[name])) if entry.get(name) else b""


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def _identity(token: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if token:
        yield "Authorization", f"Bearer {token}"
    if params.get("impersonate_user"):
        yield "Impersonate-User", params["impersonate_user"]
    for group in params.get("impersonate_groups") or []:
        yield "Impersonate-Group", group


def _pool(access: Access) -> Any:
    from urllib3 import PoolManager  # noqa: PLC0415 - comes with the client library
    from urllib3.util import ssl_  # noqa: PLC0415

    tls: Any = ssl_.create_urllib3_context()
    tls.load_verify_locations(cadata=access.authority.decode("ascii"))
    if access.certificate:
        # Python's TLS reads certificates from files only.
        with tempfile.NamedTemporaryFile(prefix="swift-k8s-") as file:
            file.write(access.certificate + b"\n" + access.key)
            file.flush()
            tls.load_cert_chain(file.name, password="")  # an empty one, so that nobody is asked for it
    return PoolManager(maxsize=_CONNECTIONS, ssl_context=tls)
