# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A stub of a model server for tests: the routes and error forms of ms-swift, answers made up. Standard library only.

Runs in a thread of the tests, and as a program in a pod: python3 stub.py PORT
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """model, key and mode (good, empty, cut, html, down) are class attributes, set by the tests."""

    model = "Tiny"
    key = ""
    mode = "good"

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(503 if self.mode == "down" else 200, {})
        elif self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": self.model, "object": "model"}]})
        else:
            self._send(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.key and self.headers.get("Authorization") != f"Bearer {self.key}":
            self._send(400, {"message": "API key error", "object": "error"})
        elif body["model"] != self.model:
            self._send(400, {"message": f"unknown model {body['model']}", "object": "error"})
        elif body.get("stream"):
            self._stream()
        else:
            self._answer(body)

    def _answer(self, body: dict[str, Any]) -> None:
        text = "" if self.mode == "empty" else f"echo {self.key}"
        answers: dict[str, Any] = {
            "/v1/chat/completions": {"choices": [{"message": {"content": text}}]},
            "/v1/completions": {"choices": [{"text": text}]},
            "/v1/embeddings": {"data": [{"embedding": [] if self.mode == "empty" else [0.5, -1.0]}]},
        }
        if self.mode == "html":
            self._send(200, "<html>")
        else:
            self._send(200, answers[self.path])

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        words = [] if self.mode == "empty" else ["ec", "ho"]
        events = [json.dumps({"choices": [{"delta": {"content": word}}]}) for word in words]
        for event in events + ([] if self.mode == "cut" else ["[DONE]"]):
            self.wfile.write(f"data: {event}\n\n".encode())

    def _send(self, status: int, body: Any) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
