# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Asking registries, against a small one on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.registry import INDEXES, Registries, read_auths

BASIC = "Basic dXNlcjpjYW5hcnk="
INDEX = {
    "mediaType": INDEXES[0],
    "manifests": [
        {"platform": {"os": "linux", "architecture": "amd64"}},
        {"platform": {"os": "linux", "architecture": "arm64"}},
        {"platform": {"os": "unknown", "architecture": "unknown"}},
    ],
}
DOCUMENTS: dict[str, Any] = {
    "/v2/multi/manifests/1": INDEX,
    "/v2/single/manifests/1": {"config": {"digest": "sha256:c"}},
    "/v2/single/blobs/sha256:c": {"architecture": "amd64"},
    "/v2/odd/manifests/1": {},
    "/v2/private/manifests/1": INDEX,
    "/v2/basic/manifests/1": INDEX,
}


class Handler(BaseHTTPRequestHandler):
    """A registry: `private` wants a bearer token, `basic` a password."""

    def do_GET(self) -> None:
        path, _mark, query = self.path.partition("?")
        credential = self.headers.get("Authorization")
        if path == "/token":
            right = credential == BASIC and "scope=repository%3Aprivate%3Apull" in query
            return self.answer(200 if right else 401, {"token": "t"} if right else {})
        if path.startswith("/v2/private") and credential != "Bearer t":
            realm = f"http://{self.headers['Host']}/token"
            return self.answer(401, {}, f'Bearer realm="{realm}",service="lab"')
        if path.startswith("/v2/basic") and credential != BASIC:
            return self.answer(401, {}, 'Basic realm="lab"')
        if path.startswith("/v2/broken"):
            return self.answer(500, {})
        return self.answer(200 if path in DOCUMENTS else 404, DOCUMENTS.get(path, {}))

    def answer(self, code: int, document: Any, challenge: str = "") -> None:
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("image", "auths", "status", "architectures"),
    [
        ("lab/multi:1", {}, "found", ["amd64", "arm64"]),
        ("lab/single:1", {}, "found", ["amd64"]),
        ("lab/odd:1", {}, "found", []),
        ("lab/multi:2", {}, "missing", []),
        ("lab/broken:1", {}, "unreachable", []),
        ("lab/private:1", {}, "denied", []),
        ("lab/private:1", {"lab.test": {"auth": BASIC.split()[1]}}, "found", ["amd64", "arm64"]),
        ("lab/basic:1", {"https://lab.test": {"username": "user", "password": "canary"}}, "found", ["amd64", "arm64"]),
        ("lab/basic:1", {"lab.test": {"username": "user", "password": "wrong"}}, "denied", []),
    ],
)
def test_look(url: str, image: str, auths: dict[str, Any], status: str, architectures: list[str]) -> None:
    registries = Registries(mirrors={"lab.test": url}, auths=auths)
    for _again in range(2):
        found = registries.look(image.replace("lab/", "lab.test/"))
        assert (found["status"], found["architectures"]) == (status, architectures)
        assert "canary" not in found["detail"]


def test_nobody_there() -> None:
    found = Registries(mirrors={"lab.test": "http://127.0.0.1:1"}, timeout_seconds=0.5).look("lab.test/x:1")
    assert found["status"] == "unreachable"
    assert "lab.test" in found["detail"]


def test_a_docker_config(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"auths": {"quay.io": {"auth": "eA=="}}}))
    assert read_auths(str(path)) == {"quay.io": {"auth": "eA=="}}
