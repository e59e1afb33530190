# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the credentials may do, as the API server sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from .errors import Forbidden, NotFound
from .transport import Request, Transport

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_THREADS = 4


def allowed(transport: Transport, checks: Sequence[Mapping[str, str]]) -> list[bool]:
    """For each {verb, group, resource, namespace?, name?}: may we. A review is a POST, but nothing is stored."""

    def ask(attributes: Mapping[str, str]) -> bool:
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": dict(attributes)},
        }
        answer = json.loads(transport.send(Request("POST", _PATH, body=body)).data)
        return bool(answer["status"]["allowed"])

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(ask, checks))


def name(transport: Transport) -> str:
    """The user name; empty where the API server does not serve, or not allow, the question. Nothing is stored."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = json.loads(transport.send(Request("POST", _SELF, body=body)).data)
    except (NotFound, Forbidden):
        return ""
    return str(((answer.get("status") or {}).get("userInfo") or {}).get("username") or "")
