"""The HTTP side of `swift deploy`: routes, one answer at a time, and the way it stops."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional

from . import checks, words
from .answers import Answer
from .checks import Refusal
from .model import Model

OPEN = ("/health", "/health/", "/ping", "/v1/models")
ROUTES = {
    "/health": ("GET",),
    "/health/": ("GET",),
    "/ping": ("GET", "POST"),
    "/v1/models": ("GET",),
    "/v1/chat/completions": ("POST",),
    "/v1/completions": ("POST",),
    "/v1/embeddings": ("POST",),
    "/infer/": ("POST",),
}
KINDS = {
    "/v1/chat/completions": ("ChatCompletionRequest", ("model", "messages")),
    "/v1/completions": ("CompletionRequest", ("model", "prompt")),
    "/v1/embeddings": ("EmbeddingRequest", ("input", "model")),
}


@dataclass
class Engine:
    """What is served, and how."""

    model: Model
    served: list[str]
    api_key: str = ""
    owner: str = "swift"
    max_logprobs: int = 20
    max_new_tokens: int = 0
    answer_seconds: float = 0.1
    started: int = field(default_factory=lambda: int(time.time()))
    turn: threading.Semaphore = field(default_factory=threading.Semaphore)

    def answer(self, messages: list[dict[str, Any]], wanted: Optional[int], chat: bool) -> Answer:
        """An answer of exactly as many tokens as asked for, as far as the window allows."""
        asked = words.prompt_tokens(messages)
        size = min(wanted or self.max_new_tokens or self.model.max_length, self.model.max_length - asked)
        return Answer(self.model.name, words.answer(words.content(messages[-1]), max(size, 1)), asked, chat)


class Service(ThreadingHTTPServer):
    """Listens; `close()` refuses new connections at once and waits for the running answers."""

    # not daemons: answers under way are finished when the server closes
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], engine: Engine) -> None:
        super().__init__(address, Handler)
        self.engine = engine
        self.closing = False
        self.connections: set[socket.socket] = set()

    def close(self) -> None:
        """The listening socket first; idle connections hear no more, running answers are finished."""
        self.closing = True
        self.shutdown()
        self.socket.close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Service
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # as asyncio's servers, so as ms-swift's
    server_version, sys_version = "lab-engine", ""

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_arguments: object) -> None:
        """Statistics stand in for an access log."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        refusal = (
            None if path in OPEN else checks.key(self.headers.get("Authorization", ""), self.server.engine.api_key)
        )
        if refusal:
            self._refuse(refusal)
        elif path not in ROUTES:
            self._json({"detail": "Not Found"}, 404)
        elif self.command not in ROUTES[path]:
            self._json({"detail": "Method Not Allowed"}, 405)
        elif path in KINDS:
            self._complete(path, raw)
        elif path == "/infer/":
            self._infer(raw)
        elif path == "/v1/models":
            self._models()
        else:
            self._send(b"", 200, "")

    def do_POST(self) -> None:
        self.do_GET()

    def _models(self) -> None:
        engine = self.server.engine
        head = {"object": "model", "created": engine.started, "owned_by": engine.owner}
        self._json({"data": [{"id": name, **head} for name in engine.served], "object": "list"})

    def _complete(self, path: str, raw: bytes) -> None:
        engine = self.server.engine
        request, refusal = checks.body(raw, *KINDS[path])
        refusal = refusal or checks.model(str(request["model"]), engine.served)
        refusal = refusal or checks.logprobs(request, engine.max_logprobs)
        if refusal:
            self._refuse(refusal)
            return
        chat = path == "/v1/chat/completions"
        prompt = request.get("prompt", request.get("input"))
        said = request["messages"] if chat else [{"role": "user", "content": prompt}]
        refusal = self._unfit(said)
        if refusal:
            self._refuse(refusal)
            return
        answer = engine.answer(said, request.get("max_tokens"), chat)
        with engine.turn:
            if request.get("stream"):
                self._stream(answer)
            else:
                time.sleep(engine.answer_seconds)
                self._json(answer.whole())

    def _infer(self, raw: bytes) -> None:
        engine = self.server.engine
        request, refusal = checks.body(raw, "dict", ())
        config = request.get("request_config") or {}
        if config.get("stream"):
            refusal = checks.error(400, "`/infer/` does not support streaming requests.")
        if refusal:
            self._refuse(refusal)
            return
        asked = [entry["messages"] for entry in request.get("infer_requests", [])]
        with engine.turn:
            time.sleep(engine.answer_seconds * len(asked))
        self._json([engine.answer(said, config.get("max_tokens"), True).whole() for said in asked])

    def _unfit(self, said: list[dict[str, Any]]) -> Optional[Refusal]:
        if not said:
            return checks.error(400, "inputs.messages: []")
        return checks.length(words.prompt_tokens(said), self.server.engine.model.max_length)

    def _stream(self, answer: Answer) -> None:
        """Server-sent events. A client that goes away does not free the engine, as with ms-swift."""
        chunks = list(answer.chunks())
        pause = self.server.engine.answer_seconds / len(chunks)
        self._event_head()
        gone = False
        for chunk in chunks:
            time.sleep(pause)
            gone = gone or not self._event(json.dumps(chunk, ensure_ascii=False))
        if not gone and self._event("[DONE]"):
            self.wfile.write(b"0\r\n\r\n")

    def _event_head(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _event(self, text: str) -> bool:
        data = f"data: {text}\n\n".encode()
        try:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        except OSError:
            self.close_connection = True
            return False
        return True

    def _refuse(self, refusal: Refusal) -> None:
        status, body = refusal
        if body is None:
            self._send(b"Internal Server Error", status, "text/plain; charset=utf-8")
        else:
            self._json(body, status)

    def _json(self, body: Any, status: int = 200) -> None:
        self._send(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), status, "application/json")

    def _send(self, content: bytes, status: int, kind: str) -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.server.closing:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(content)
