# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How long the credentials of a kubeconfig last. Nothing of them leaves this file but a date."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Optional


def lifetime(kubeconfig: Mapping[str, Any], context: Optional[str], now: datetime, folder: str = "") -> dict[str, Any]:
    """Return {kind, expires, days_left, expired} of the user of the context; {} where nothing tells.

    folder: where the kubeconfig lies, which is where its relative paths start.
    """
    wanted = context or kubeconfig.get("current-context")
    contexts = {item.get("name"): item.get("context") or {} for item in kubeconfig.get("contexts") or []}
    users = {item.get("name"): item.get("user") or {} for item in kubeconfig.get("users") or []}
    user = users.get((contexts.get(wanted) or {}).get("user")) or {}
    expires, kind = _certificate_end(user, folder), "client certificate"
    if expires is None:
        expires, kind = _token_end(str(user.get("token") or "")), "token"
    if expires is None:
        return {}
    left = expires - now
    return {
        "kind": kind,
        "expires": expires.date().isoformat(),
        "days_left": left.days,
        "expired": left.total_seconds() < 0,
    }


def _certificate_end(user: Mapping[str, Any], folder: str) -> Optional[datetime]:
    """Return None for a certificate that cannot be read, too: connecting says what is wrong with it."""
    try:
        from cryptography import x509  # noqa: PLC0415  ansible-core brings it to the control host; elsewhere we do without

        pem = _pem(user, folder)
        return _end(x509.load_pem_x509_certificate(pem)) if pem else None
    except (ImportError, OSError, ValueError, TypeError):
        return None


def _pem(user: Mapping[str, Any], folder: str) -> bytes:
    """Return the certificate; data comes before a file, as with kubectl."""
    if user.get("client-certificate-data"):
        return base64.b64decode(user["client-certificate-data"])
    if not user.get("client-certificate"):
        return b""
    with open(os.path.join(folder, user["client-certificate"]), "rb") as file:
        return file.read()


def _end(certificate: Any) -> datetime:
    """Return when a certificate ends; before cryptography 42 the time came without its zone."""
    end: datetime = getattr(certificate, "not_valid_after_utc", None) or certificate.not_valid_after
    return end.replace(tzinfo=timezone.utc)


def _token_end(token: str) -> Optional[datetime]:
    """Return the `exp` of a JSON web token, unverified: it is our own token, and only its date is of interest."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], tz=timezone.utc)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
