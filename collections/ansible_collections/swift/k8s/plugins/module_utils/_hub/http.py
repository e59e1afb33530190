# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A small HTTP/1.1 client: kept connections, proxies, own CAs; credentials never follow a redirect to another host."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from .ahead import Ahead
from .errors import BadAnswer, BadSetting, Cut, HubError, Stalled, Unreachable, Untrusted
from .proxies import proxy_for
from .response import Response

Origin = tuple[str, str, int]

MAX_REDIRECTS = 8
REDIRECTS = frozenset((301, 302, 303, 307, 308))
#: servers close idle connections after 5 to 75 s; older than this is not worth a try
IDLE_SECONDS = 4.0
USER_AGENT = "swift.k8s/0.1"
#: what may stand in a request line unescaped
SAFE = "%/:=&?~#+!$,;'@()*[]"


class Settings(NamedTuple):
    """How to reach a hub."""

    ca_file: str = ""
    proxy: str = ""
    connect_timeout: float = 10.0
    stall_timeout: float = 60.0


class Line(NamedTuple):
    """A connection and what the kernel may take in on it."""

    connection: http.client.HTTPConnection
    ahead: Ahead


class Client:
    """Thread-safe; one per endpoint, as certificates and proxies differ."""

    def __init__(self, settings: Settings, environ: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._environ = os.environ if environ is None else environ
        self._idle: dict[Origin, list[tuple[float, Line]]] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def open(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        method: str = "GET",
        follow: bool = True,
    ) -> Response:
        """Ask, following redirects; `secrets` are headers that only the first origin may see."""
        trusted, first = True, origin(url)
        seen: set[str] = set()
        while True:
            trusted = trusted and origin(url) == first
            seen.add(url)
            sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})}
            if trusted:
                sent.update(secrets or {})
            response = self._exchange(method, url, sent)
            if not follow or response.status not in REDIRECTS:
                return response
            response.close()
            url = _next_address(url, response, seen)

    def close(self) -> None:
        with self._lock:
            kept, self._idle = self._idle, {}
        for lines in kept.values():
            for _since, line in lines:
                line.connection.close()

    def _exchange(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        """One request. A kept connection that the server closed meanwhile is replaced once, silently."""
        reused = self._take(origin(url))
        if reused is not None:
            try:
                return self._ask(reused, method, url, headers)
            except (Cut, Unreachable):
                reused.connection.close()
        return self._ask(self._connect(url), method, url, headers)

    def _ask(self, line: Line, method: str, url: str, headers: Mapping[str, str]) -> Response:
        connection = line.connection
        try:
            connection.request(method, self._target(url), headers=dict(headers))
            raw = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise _transport_error(error, bare(url), self._settings.stall_timeout) from error
        return Response(raw, url, lambda reusable: self._give_back(origin(url), line, reusable), line.ahead)

    def _connect(self, url: str) -> Line:
        scheme, host, port = origin(url)
        proxy = proxy_for(url, self._settings.proxy, self._environ)
        at = (proxy.host, proxy.port) if proxy else (host, port)
        connection: http.client.HTTPConnection
        try:
            if scheme == "https":
                connection = http.client.HTTPSConnection(
                    at[0], at[1], timeout=self._settings.connect_timeout, context=self._context()
                )
                if proxy:
                    extra = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
                    connection.set_tunnel(host, port, headers=extra)
            else:
                connection = http.client.HTTPConnection(at[0], at[1], timeout=self._settings.connect_timeout)
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            where = bare(url) + (f" through proxy {proxy.host}:{proxy.port}" if proxy else "")
            raise _transport_error(error, where, self._settings.connect_timeout) from error
        connection.sock.settimeout(self._settings.stall_timeout)
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Line(connection, Ahead(connection.sock))

    def _target(self, url: str) -> str:
        parts = urlsplit(url)
        local = quote(parts.path or "/", safe=SAFE) + (f"?{quote(parts.query, safe=SAFE)}" if parts.query else "")
        if parts.scheme == "http" and proxy_for(url, self._settings.proxy, self._environ):
            return f"http://{parts.netloc.rpartition('@')[2]}{local}"
        return local

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
                if self._settings.ca_file:
                    try:
                        self._tls.load_verify_locations(self._settings.ca_file)
                    except (OSError, ssl.SSLError) as error:
                        raise BadSetting(
                            f"ca_file {self._settings.ca_file} cannot be used: {error}",
                            "Give a readable PEM file of CA certificates",
                        ) from error
            return self._tls

    def _take(self, at: Origin) -> Line | None:
        with self._lock:
            kept = self._idle.get(at, [])
            while kept:
                since, line = kept.pop()
                if time.monotonic() - since < IDLE_SECONDS:
                    return line
                line.connection.close()
        return None

    def _give_back(self, at: Origin, line: Line, reusable: bool) -> None:
        if not reusable or line.ahead.spent:
            line.connection.close()
            return
        with self._lock:
            self._idle.setdefault(at, []).append((time.monotonic(), line))


def origin(url: str) -> Origin:
    """Scheme, host and port: what must stay the same for credentials to be sent again."""
    # without what may be a secret, also where nothing can be parsed
    shown, step = url.rpartition("@")[2].partition("?")[0], "Write https://host:port/path"
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        (parts.hostname or "").encode("idna")  # as the resolver does, with an error that nobody there expects
    except ValueError as error:
        raise BadSetting(f"address {shown!r} cannot be parsed", step) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSetting(f"address {shown!r} is not http:// or https:// with a host", step)
    return parts.scheme, parts.hostname.lower(), port


def check_address(url: str) -> None:
    """BadSetting where no hub can be at an address, or where it holds credentials, which nobody would send."""
    origin(url)
    parts = urlsplit(url)
    _user, at, host = parts.netloc.rpartition("@")
    if parts.query or parts.fragment:
        raise BadSetting(
            f"the address of {host} has a query, to which no path can be added", "Write it without ? and #"
        )
    if at:
        raise BadSetting(f"the address of {host} holds a user or a password, which no hub is sent", "Use a token")


def bare(url: str) -> str:
    """A URL fit for a log: no user, no password, no query (signed addresses carry secrets there)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _next_address(url: str, response: Response, seen: set[str]) -> str:
    location = response.header("Location")
    if not location:
        raise BadAnswer(f"{bare(url)} redirects ({response.status}) to nowhere")
    try:
        target = urljoin(url, location)
    except ValueError as error:
        raise BadAnswer(f"{bare(url)} redirects to {location!r}, which cannot be parsed") from error
    try:
        scheme = origin(target)[0]
    except BadSetting as error:
        raise BadAnswer(f"{bare(url)} redirects to where no hub can be: {error.message}") from error
    if origin(url)[0] == "https" and scheme == "http":
        raise Untrusted(f"{bare(url)} redirects from https to http ({bare(target)}), which is refused")
    if target in seen:
        raise BadAnswer(f"redirect loop at {bare(target)}", "Check the endpoint and the proxy")
    if len(seen) > MAX_REDIRECTS:
        raise BadAnswer(f"more than {MAX_REDIRECTS} redirects, the last to {bare(target)}", "Check the endpoint")
    return target


def _transport_error(error: Exception, where: str, waited: float) -> HubError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Untrusted(
            f"the certificate of {where} is not trusted: {error.verify_message}",
            "Set ca_file to the CA that signed it",
        )
    if isinstance(error, socket.timeout):
        return Stalled(f"no answer from {where} within {waited:g} s")
    if isinstance(error, socket.gaierror):
        return Unreachable(f"the name of {where} cannot be resolved: {error.strerror}", "Check endpoint, DNS and proxy")
    if isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
        return Cut(f"{where} closed the connection without an answer")
    if isinstance(error, OSError):
        return Unreachable(f"{where} cannot be reached: {error.strerror or error}", "Check endpoint, route and proxy")
    return BadAnswer(f"{where} does not speak HTTP: {type(error).__name__} {error}")
