# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Asks image registries, by the OCI distribution protocol, whether an image is there and for which architectures.

Only GET and HEAD of manifests (and one small configuration blob); never a layer.
"""

from __future__ import annotations

import base64
import functools
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .images import Reference, parse

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
# Names under which the hub of Docker is known, and where its protocol is really spoken.
DOCKER_HUB = "https://registry-1.docker.io"
DOCKER_NAMES = {"docker.io", "index.docker.io", "registry-1.docker.io"}
STATUS = {401: "denied", 403: "denied", 404: "missing"}
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class Registries:
    """How to reach registries: `mirrors` maps a registry's name to a URL, `auths` is a docker config's `auths`."""

    mirrors: Mapping[str, str] = field(default_factory=dict)
    auths: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    timeout_seconds: float = 10.0
    ca_file: Optional[str] = None
    tokens: dict[str, str] = field(default_factory=dict)

    def look(self, image: str) -> dict[str, Any]:
        """Return {status: found|missing|denied|unreachable, architectures, detail}."""
        reference = parse(image)
        try:
            return {"status": "found", "architectures": self._architectures(reference), "detail": ""}
        except urllib.error.HTTPError as error:
            status = STATUS.get(error.code, "unreachable")
            return {"status": status, "architectures": [], "detail": f"{reference.registry} answered {error.code}"}
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            return {"status": "unreachable", "architectures": [], "detail": f"{reference.registry}: {reason}"}

    def _architectures(self, reference: Reference) -> list[str]:
        document = self._get(reference, f"manifests/{reference.manifest}", (*INDEXES, *MANIFESTS))
        if document.get("manifests"):
            platforms = [item.get("platform") or {} for item in document["manifests"]]
            names = {str(item.get("architecture")) for item in platforms if item.get("os", "linux") == "linux"}
            return sorted(names - {"None", "unknown"})
        digest = (document.get("config") or {}).get("digest")
        if not digest:
            return []
        return [str(self._get(reference, f"blobs/{digest}", ("*/*",)).get("architecture") or "unknown")]

    def _get(self, reference: Reference, path: str, accept: tuple[str, ...]) -> dict[str, Any]:
        url = f"{self._base(reference.registry)}/v2/{reference.repository}/{path}"
        request = urllib.request.Request(url, headers={"Accept": ", ".join(accept)})
        if reference.registry + reference.repository in self.tokens:
            request.add_header("Authorization", self.tokens[reference.registry + reference.repository])
        try:
            return self._json(request)
        except urllib.error.HTTPError as error:
            challenge = error.headers.get("WWW-Authenticate", "")
            if error.code != 401 or request.has_header("Authorization") or not challenge:
                raise
            token = self._authorize(reference, challenge)
            if token is None:
                raise
            self.tokens[reference.registry + reference.repository] = token
            # A blob may be answered by a redirect to storage elsewhere, which must not see the token.
            request.add_unredirected_header("Authorization", token)
            return self._json(request)

    def _authorize(self, reference: Reference, challenge: str) -> Optional[str]:
        """Return the Authorization header that the challenge asks for, or None without credentials for Basic."""
        basic = self._basic(reference.registry)
        kind, _space, rest = challenge.partition(" ")
        if kind.lower() != "bearer":
            return basic
        parameters = dict(_CHALLENGE.findall(rest))
        realm = parameters.pop("realm", "")
        if urllib.parse.urlsplit(realm).scheme not in {"http", "https"}:
            return None
        parameters["scope"] = f"repository:{reference.repository}:pull"
        request = urllib.request.Request(f"{realm}?{urllib.parse.urlencode(parameters)}")
        if basic:
            request.add_unredirected_header("Authorization", basic)
        answer = self._json(request)
        token = answer.get("token") or answer.get("access_token")
        return f"Bearer {token}" if token else None

    def _basic(self, registry: str) -> Optional[str]:
        names = {registry, f"https://{registry}", f"https://{registry}/v1/", f"https://{registry}/v2/"}
        if registry in DOCKER_NAMES:
            names |= DOCKER_NAMES | {"https://index.docker.io/v1/"}
        for name in names & set(self.auths):
            entry = self.auths[name]
            if entry.get("auth"):
                return f"Basic {entry['auth']}"
            if entry.get("username"):
                pair = f"{entry['username']}:{entry.get('password', '')}".encode()
                return f"Basic {base64.b64encode(pair).decode()}"
        return None

    def _base(self, registry: str) -> str:
        if registry in self.mirrors:
            return self.mirrors[registry].rstrip("/")
        return DOCKER_HUB if registry in DOCKER_NAMES else f"https://{registry}"

    @functools.cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        """One for all requests: to read the authorities of a machine takes longer than to ask a registry."""
        context = ssl.create_default_context(cafile=self.ca_file)
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))

    def _json(self, request: urllib.request.Request) -> dict[str, Any]:
        with self._opener.open(request, timeout=self.timeout_seconds) as answer:
            document = json.load(answer)
        return document if isinstance(document, dict) else {}


def read_auths(path: str) -> dict[str, Any]:
    """Return the `auths` of a docker config.json."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    return dict(document.get("auths") or {})
