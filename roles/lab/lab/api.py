"""A small client of the lab's API server: plain dictionaries over http.client, one connection a thread."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import LabError


class Api:
    """Requests as one identity."""

    def __init__(self, port: int, pki: Path, identity: str = "admin") -> None:
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pki / f"{identity}.crt", pki / f"{identity}.key")
        self._connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)

    def request(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, Any]:
        """Status and parsed answer; OSError when the server cannot be reached."""
        payload = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, payload, {"Content-Type": kind} if payload else {})
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ConnectionError(f"{method} {path}: {error}") from error
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text.decode(errors="replace")

    def get(self, path: str) -> Any:
        """The object, or a LabError that names what the server said."""
        status, answer = self.request("GET", path)
        if status != 200:
            raise LabError(f"GET {path} answered {status}: {_message(answer)}", "check the path and the lab's state")
        return answer

    def merge(self, path: str, body: Any) -> None:
        """Merge-patch an object."""
        status, answer = self.request("PATCH", path, body, "application/merge-patch+json")
        if status != 200:
            raise LabError(f"PATCH {path} answered {status}: {_message(answer)}", "check the path and the lab's state")

    def ready(self) -> bool:
        """Whether the API server says it is ready."""
        try:
            return self.request("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def wait(what: str, condition: Callable[[], bool], seconds: float, pause: float = 0.1) -> None:
    """Poll until the condition holds; says what was waited for when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"waited {seconds:.0f} s in vain for {what}", "read the logs named by: python -m lab status")
        time.sleep(pause)


def _message(answer: Any) -> str:
    return str(answer.get("message", answer)) if isinstance(answer, dict) else str(answer)[:200]
