"""What the hub's two addresses (the hub and its content network) share, and the choice of a route."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote

from . import huggingface, mirror, modelscope
from .faults import Faults, fault
from .messages import Blob, Json, Redirect, Request, Routed, Tokens
from .repos import Store
from .signing import Signer
from .stats import Stats

_CONTROL_WORDS = ("kind", "path", "where")


@dataclass
class Site:
    """One hub."""

    store: Store
    tokens: Tokens
    signer: Signer
    stats: Stats = field(default_factory=Stats)
    faults: Faults = field(default_factory=Faults)
    stopped: threading.Event = field(default_factory=threading.Event)
    #: where redirects lead; empty means to the address by which the client came
    content_url: str = ""

    def answer(self, request: Request) -> Routed:
        """Which repository and file a request is about, and what it gets."""
        if request.parts[0] == "cdn":
            return self._content(request)
        routed = mirror.route(request, self.store) or modelscope.route(request, self.store, self.tokens)
        routed = routed or huggingface.route(request, self.store, self.tokens)
        return routed or Routed(Json({"error": f"no route {request.path}"}, 404))

    def location(self, request: Request, routed: Routed, redirect: Redirect) -> str:
        """The address on the content network."""
        path = quote(f"/cdn/{redirect.file.sha256}/{routed.repository}/{routed.file}")
        return f"{self.content_url or request.base}{path}{self.signer.query(path)}"

    def control(self, request: Request) -> Json:
        """/_stats /_reset /_heal /_reload /_fault?kind=…: for tests, from the machine or from a pod."""
        action = request.parts[0]
        if action == "_stats":
            return Json(self.stats.report())
        if action == "_fault":
            return self._arm(request)
        if action == "_reset":
            self.stats.reset()
        if action in ("_reset", "_heal"):
            self.faults.heal()
        if action in ("_reset", "_reload"):
            self.store.reload()
        known = action in ("_reset", "_heal", "_reload")
        return Json({"ok": True}) if known else Json({"error": f"no control {action}"}, 404)

    def _arm(self, request: Request) -> Json:
        try:
            words = {name: value for name, value in request.query.items() if name in _CONTROL_WORDS}
            numbers = {name: float(value) for name, value in request.query.items() if name not in _CONTROL_WORDS}
            times = int(numbers.pop("times", 0))
            self.faults.arm(fault(words.pop("kind", ""), times, **words, **numbers))  # type: ignore[arg-type]
        except ValueError as error:
            return Json({"error": str(error)}, 400)
        return Json({"armed": [asdict(armed) for armed in self.faults.armed()]})

    def _content(self, request: Request) -> Routed:
        parts = request.parts
        file = self.store.blob(parts[1]) if len(parts) > 1 else None
        repository, path = "/".join(parts[2:4]), "/".join(parts[4:])
        if file is None:
            return Routed(Json({"error": "NoSuchKey"}, 404))
        problem = self.signer.problem(quote(request.path), request.query)
        if self.faults.take("expired", path):
            problem = "AccessDenied: Request has expired."
        if problem:
            return Routed(Json({"error": problem}, 403), repository, path)
        return Routed(Blob(file, (("ETag", f'"{file.sha256}"'),)), repository, path)


def encode(body: Any) -> bytes:
    """A document on the wire."""
    return json.dumps(body, ensure_ascii=False).encode()
