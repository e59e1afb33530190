# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One HTTP answer: status, headers, and its bytes read straight into the caller's buffer."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any, Callable

from .ahead import Ahead
from .errors import BadAnswer, Cut, Stalled

#: the body of a redirect or an error is read to its end when that is cheaper than a new connection
DRAIN_BYTES = 64 << 10
#: no listing page is larger; anything beyond is an attack or a mistake
MAX_JSON_BYTES = 256 << 20


class Response:
    """Close it always. A body read to its end leaves the connection usable for the next request."""

    def __init__(
        self, raw: http.client.HTTPResponse, url: str, give_back: Callable[[bool], None], ahead: Ahead
    ) -> None:
        self._raw = raw
        self._ahead = ahead
        self._give_back: Callable[[bool], None] | None = give_back
        self.url = url
        self.status = raw.status
        #: bytes announced by Content-Length; None when the server does not say
        self.length: int | None = raw.length

    def header(self, name: str) -> str:
        return self._raw.headers.get(name) or ""

    def readinto(self, view: memoryview) -> int:
        """Whatever has arrived, at least one byte; 0 only at the announced end."""
        raw = self._raw
        try:
            if raw.chunked or raw.length is None or raw.fp is None:
                return raw.readinto(view) if raw.fp is not None else 0
            if raw.length == 0:
                return 0
            # one recv, not a full buffer: progress is on disk before the next byte is asked for
            count = raw.fp.readinto1(view[: raw.length])
        except socket.timeout as error:
            raise Stalled("the connection is open but no bytes came") from error
        except (OSError, http.client.HTTPException) as error:
            raise Cut(f"the connection broke: {error or type(error).__name__}") from error
        if count == 0:
            raise Cut(f"the connection ended {raw.length} bytes early")
        raw.length -= count
        return count

    def pace(self, rate: float) -> bool:
        """Let the kernel take in no more than a reader of `rate` bytes a second needs; see `Ahead.follow`."""
        return self._ahead.follow(rate)

    def json(self, each: Callable[[dict[str, Any]], Any] | None = None) -> Any:
        """The body as JSON, objects as `each` gives them; closes the answer."""
        try:
            body, buffer = bytearray(), memoryview(bytearray(1 << 16))
            while True:
                count = self.readinto(buffer)
                if not count:
                    break
                body += buffer[:count]
                if len(body) > MAX_JSON_BYTES:
                    raise BadAnswer(f"the listing is larger than {MAX_JSON_BYTES >> 20} MiB")
        finally:
            self.close()
        try:
            return json.loads(body.decode("utf-8"), object_hook=each)
        except (ValueError, RecursionError) as error:
            raise BadAnswer(
                f"the answer is not JSON (status {self.status}, {len(body)} bytes)",
                "Check that the endpoint is a hub and not a login page or a proxy's error page",
            ) from error

    def close(self) -> None:
        if self._give_back is None:
            return
        give_back, self._give_back = self._give_back, None
        reusable = not self._raw.will_close and self._finished()
        self._raw.close()
        give_back(reusable)

    def _finished(self) -> bool:
        raw = self._raw
        if raw.isclosed() or raw.length == 0:
            return True
        if raw.length is None or raw.length > DRAIN_BYTES:
            return False
        try:
            raw.read()
        except (OSError, http.client.HTTPException):
            return False
        return True
