"""HTTP/1.1: requests in, answers out."""

from __future__ import annotations

import socket
import ssl
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from .blobs import Damage, Sender, Span, span
from .messages import Blob, Headers, Json, Redirect, Request, Routed
from .site import Site, encode
from .stats import Record


class Server(ThreadingHTTPServer):
    """One of the hub's addresses."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], site: Site, name: str, url: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(address, Handler)
        self.site = site
        self.name = name
        self.url = url
        self.scheme = "https" if tls else "http"
        self._tls = tls

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, peer = super().get_request()
        if self._tls:
            # the handshake belongs to the connection's own thread, so that a silent client holds up nobody
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, peer

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients go away in tests; that is no news."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "swift-k8s-lab-hub"
    disable_nagle_algorithm = True
    timeout = 120
    _record: Record | None = None

    def log_message(self, *_arguments: object) -> None:
        """Requests are counted, not logged."""

    def do_GET(self) -> None:
        request = self._request()
        self._record = None
        if request.path.startswith("/_"):
            self._json(self.server.site.control(request))
            return
        routed = self.server.site.answer(request)
        record = Record(request.method, self.path, self.server.name, request.headers.get("Range", ""))
        record.secret = bool(request.token)
        self._record = record
        self.server.site.stats.request(record, routed.repository, routed.file)
        if not self._struck(request, routed):
            self._send(request, routed, record)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _request(self) -> Request:
        url = urlsplit(self.path)
        base = self.server.url or f"{self.server.scheme}://{self.headers.get('Host', '')}"
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        return Request(self.command, unquote(url.path), query, dict(self.headers), base, self._token())

    def _token(self) -> str:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return token
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("m_session_id")
        return cookie.value if cookie else ""

    def _struck(self, request: Request, routed: Routed) -> bool:
        """Faults in place of an answer."""
        faults, is_file = self.server.site.faults, bool(routed.file)
        path = routed.file or request.path
        if faults.take("drop", path, is_file):
            self.close_connection = True
            return True
        status = faults.take("status", path, is_file)
        if status:
            wait = (("Retry-After", str(status.retry_after)),) if status.retry_after >= 0 else ()
            self._json(Json({"Code": status.code, "error": "fault on request"}, status.code, wait))
            return True
        if faults.take("loop", path, is_file):
            self._head(302, (("Location", f"{request.base}{self.path}"),), 0)
            return True
        return False

    def _send(self, request: Request, routed: Routed, record: Record) -> None:
        answer = routed.answer
        if isinstance(answer, Json):
            self._json(answer)
        elif isinstance(answer, Redirect):
            self._head(302, (*answer.headers, ("Location", self.server.site.location(request, routed, answer))), 0)
        else:
            self._blob(request, routed, answer, record)

    def _json(self, answer: Json) -> None:
        content = encode(answer.body)
        self._head(answer.status, (("Content-Type", "application/json"), *answer.headers), len(content))
        if self.command != "HEAD":
            self.wfile.write(content)

    def _blob(self, request: Request, routed: Routed, answer: Blob, record: Record) -> None:
        site, size = self.server.site, answer.file.size
        part = span(request.headers.get("Range", ""), size)
        if part.status != 200 and site.faults.take("norange", routed.file):
            part = Span(200, 0, size)
        damage = Damage(site.faults, routed.file)
        headers = (("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes"), *answer.headers)
        if part.status != 200:
            headers += (("Content-Range", part.content_range(size)),)
        self._head(part.status, headers, part.size + damage.length)
        if self.command == "HEAD" or part.status == 416:
            return
        self.wfile.flush()
        stats = site.stats
        sender = Sender(
            self.connection,
            lambda sent: stats.sent(record, routed.repository, routed.file, sent),
            stats.lock,
            site.stopped,
        )
        try:
            whole = sender.send(answer.file, part, damage)
        except OSError:  # the client went away
            whole = False
        if not whole:
            self.close_connection = True

    def _head(self, status: int, headers: Headers, length: int) -> None:
        if self._record is not None:
            self._record.status = status
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
