"""Signed addresses that expire, as content networks give them out."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Mapping
from urllib.parse import urlencode


class Signer:
    """Signs paths for `seconds`; 0 means that addresses carry no signature and none is asked for."""

    def __init__(self, seconds: float = 0) -> None:
        self.seconds = seconds
        self._key = os.urandom(32)

    def query(self, path: str) -> str:
        """What to append to the path, with its question mark."""
        if not self.seconds:
            return ""
        expires = f"{time.time() + self.seconds:.3f}"
        return "?" + urlencode({"Expires": expires, "Signature": self._sign(path, expires)})

    def problem(self, path: str, query: Mapping[str, str]) -> str:
        """Why an address is refused, or an empty string."""
        if not self.seconds:
            return ""
        expires = query.get("Expires", "")
        if not hmac.compare_digest(query.get("Signature", ""), self._sign(path, expires)):
            return "SignatureDoesNotMatch"
        return "AccessDenied: Request has expired." if float(expires) < time.time() else ""

    def _sign(self, path: str, expires: str) -> str:
        return hmac.new(self._key, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()
