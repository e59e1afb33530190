# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which path serves a kind: asked once a group and version, then remembered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .errors import NotFound
from .transport import Request, Transport


@dataclass(frozen=True)
class Resource:
    """One kind as the API server serves it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: tuple[str, ...]

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str = "") -> str:
        """The path of a collection or an object."""
        path = prefix(self.api_version)
        if self.namespaced and namespace:
            path += f"/namespaces/{quote(namespace)}"
        path += f"/{self.plural}"
        if name is not None:
            path += f"/{quote(name, safe='')}"
        return f"{path}/{subresource}" if subresource else path


def prefix(api_version: str) -> str:
    """v1 -> /api/v1, apps/v1 -> /apis/apps/v1."""
    return f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"


class Discovery:
    """The kinds of one API server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._known: dict[str, dict[str, Resource]] = {}

    def find(self, api_version: str, kind: str) -> Resource | None:
        """The resource of a kind, or None where the API server does not serve it."""
        if kind not in self._known.get(api_version, {}):
            self._known[api_version] = self._ask(api_version)
        return self._known[api_version].get(kind)

    def need(self, api_version: str, kind: str) -> Resource:
        """As find, but a kind that is not served raises NotFound."""
        found = self.find(api_version, kind)
        if found is None:
            raise NotFound(
                f"the cluster serves no {kind} in {api_version}: install its CRD or operator, or correct "
                "the apiVersion."
            )
        return found

    def _ask(self, api_version: str) -> dict[str, Resource]:
        try:
            answer: dict[str, Any] = json.loads(self._transport.send(Request("GET", prefix(api_version))).data)
        except NotFound:
            return {}
        return {
            item["kind"]: Resource(
                api_version, item["kind"], item["name"], bool(item["namespaced"]), tuple(item.get("verbs", ()))
            )
            for item in answer.get("resources", [])
            if "/" not in item["name"]
        }
