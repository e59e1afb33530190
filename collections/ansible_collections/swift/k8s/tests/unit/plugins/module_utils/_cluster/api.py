"""A small HTTP server on loopback that answers like an API server: discovery, paging, refusals, streams."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

RESOURCES = {
    "/api/v1": [
        ("ConfigMap", "configmaps", True),
        ("Node", "nodes", False),
        ("Namespace", "namespaces", False),
        ("Pod", "pods", True),
        ("Secret", "secrets", True),
    ],
    "/apis/apps/v1": [("Deployment", "deployments", True), ("DaemonSet", "daemonsets", True)],
    "/apis/storage.k8s.io/v1": [("StorageClass", "storageclasses", False)],
    "/apis/node.k8s.io/v1": [("RuntimeClass", "runtimeclasses", False)],
    "/apis/nvidia.com/v1": [("ClusterPolicy", "clusterpolicies", False)],
}
Answer = tuple[int, Any, dict[str, str]]


class Api(ThreadingHTTPServer):
    """answers: (method, path) -> what to say, in turn; the last one is repeated. seen: every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[tuple[str, str], list[Answer]] = {}
        self.seen: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def say(self, method: str, path: str, *answers: Any) -> None:
        """Bodies with status 200, or (status, body) or (status, body, headers)."""
        full = [answer if isinstance(answer, tuple) else (200, answer) for answer in answers]
        self.answers[method, path] = [(one[0], one[1], one[2] if len(one) > 2 else {}) for one in full]


class Handler(BaseHTTPRequestHandler):
    """Looks the answer up and records the request."""

    protocol_version = "HTTP/1.1"
    server: Api

    def answer(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.server.seen.append(
            {
                "method": self.command,
                "path": url.path,
                "query": query,
                "body": body,
                "headers": {key.lower(): ", ".join(self.headers.get_all(key, [])) for key in self.headers},
            }
        )
        status, content, headers = self._find(url.path)
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _find(self, path: str) -> Answer:
        known = self.server.answers.get((self.command, path))
        if known:
            return known.pop(0) if len(known) > 1 else known[0]
        if path in RESOURCES:
            kinds = [{"kind": kind, "name": name, "namespaced": inside} for kind, name, inside in RESOURCES[path]]
            return 200, {"resources": [*kinds, {"kind": "Node", "name": "nodes/status", "namespaced": False}]}, {}
        return 404, {"message": f"{path} is not there"}, {}

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - names of the standard library

    def log_message(self, *_args: Any) -> None:
        """Stay quiet."""


@contextmanager
def serving() -> Iterator[Api]:
    """The server, while the block runs."""
    api = Api()
    thread = threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.shutdown()
        api.server_close()
        thread.join()
