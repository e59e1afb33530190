# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A cluster as plain dictionaries: get, list, apply, watch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from socket import socket
from typing import Any, TypeVar

from . import access, pages, streams
from .discovery import Discovery, Resource
from .errors import NotFound
from .session import session
from .transport import JSON, Request, Transport

FIELD_MANAGER = "swift-k8s"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}
Object = dict[str, Any]
Objects = list[Object]
Answers = list[bool]
Names = list[str]
Picked = TypeVar("Picked")
Picks = list[Picked]


def connect(params: Mapping[str, Any]) -> Cluster:
    """The cluster that a module's options name. Raises ClusterError when they name none."""
    return Cluster(Transport(session(params)))


class Cluster:
    """One API server. Every method raises a ClusterError that says what to do."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._discovery = Discovery(transport)
        self.requests = transport.requests
        self.host = transport.host

    def resource(self, api_version: str, kind: str) -> Resource | None:
        """How the kind is served, or None where it is not."""
        return self._discovery.find(api_version, kind)

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """The object, or None where it, its namespace or its kind does not exist."""
        found = self.resource(api_version, kind)
        if found is None:
            return None
        try:
            return self._json("GET", found.path(namespace, name))
        except NotFound:
            return None

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        page: int = 500,
        metadata_only: bool = False,
    ) -> Objects:
        """All objects of a kind, page by page; nothing where it is not served. metadata_only leaves the rest away."""
        return self.collect(
            api_version, kind, lambda item: item, namespace, label_selector, field_selector, page, metadata_only
        )

    def collect(
        self,
        api_version: str,
        kind: str,
        pick: Callable[[Object], Picked | None],
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        page: int = 500,
        metadata_only: bool = False,
    ) -> Picks[Picked]:
        """As list, but keep only what pick makes of each object: a page in memory, not the whole cluster."""
        found = self.resource(api_version, kind)
        if found is None:
            return []
        query = streams.given({"limit": page, "labelSelector": label_selector, "fieldSelector": field_selector})
        return pages.collect(
            self._transport,
            found.path(namespace),
            query,
            METADATA_ONLY if metadata_only else JSON,
            lambda item: pick({**item, "apiVersion": api_version, "kind": kind}),
        )

    def create(self, obj: Mapping[str, Any], dry_run: bool = False) -> Object:
        """Create an object; Conflict where it exists."""
        found, namespace = self._place(obj)
        return self._json("POST", found.path(namespace), self._write(dry_run), obj)

    def apply(
        self, obj: Mapping[str, Any], field_manager: str = FIELD_MANAGER, force: bool = False, dry_run: bool = False
    ) -> Object:
        """Server-side apply; Conflict where another manager owns a field and force is not set."""
        found, namespace = self._place(obj)
        query = {**self._write(dry_run, field_manager), "force": str(force).lower()}
        path = found.path(namespace, obj["metadata"]["name"])
        return self._json("PATCH", path, query, obj, "application/apply-patch+yaml")

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        body: Any,
        namespace: str | None = None,
        patch_type: str = "merge",
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """Patch an object: merge, strategic or json."""
        path = self._discovery.need(api_version, kind).path(namespace, name)
        return self._json("PATCH", path, self._write(dry_run, field_manager), body, PATCH_TYPES[patch_type])

    def replace(self, obj: Mapping[str, Any], dry_run: bool = False) -> Object:
        """Replace an object; Conflict where its resourceVersion is not the latest."""
        found, namespace = self._place(obj)
        return self._json("PUT", found.path(namespace, obj["metadata"]["name"]), self._write(dry_run), obj)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        propagation: str = "Background",
        uid: str | None = None,
        dry_run: bool = False,
    ) -> bool:
        """Delete an object; False where it does not exist. uid: only that very object."""
        found = self.resource(api_version, kind)
        if found is None:
            return False
        body: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if uid:
            body["preconditions"] = {"uid": uid}
        try:
            self._json("DELETE", found.path(namespace, name), {"dryRun": "All"} if dry_run else None, body)
        except NotFound:
            return False
        return True

    def watch(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        field_selector: str | None = None,
        label_selector: str | None = None,
        timeout_seconds: int = 60,
        resource_version: str | None = None,
    ) -> Iterator[tuple[str, Object]]:
        """Events of a kind as (type, object) until the time is over; Gone when resource_version is too old."""
        query = {
            "fieldSelector": field_selector,
            "labelSelector": label_selector,
            "resourceVersion": resource_version,
        }
        path = self._discovery.need(api_version, kind).path(namespace)
        yield from streams.events(self._transport, path, query, timeout_seconds)

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str | None = None,
        tail_lines: int | None = None,
        previous: bool = False,
    ) -> str:
        """A container's log so far."""
        query = {"container": container, "tailLines": tail_lines, "previous": "true" if previous else None}
        answer = self._transport.send(Request("GET", streams.log_path(namespace, pod), streams.given(query)))
        return str(answer.data.decode(errors="replace"))

    def stream_logs(
        self, namespace: str, pod: str, container: str | None = None, since_time: str | None = None
    ) -> Iterator[str]:
        """A container's log lines as they come, until the container ends."""
        query = streams.given({"follow": "true", "container": container, "sinceTime": since_time})
        yield from streams.lines(self._transport, streams.log_path(namespace, pod), query, None)

    def port_forward(self, namespace: str, pod: str, port: int) -> socket:
        """A connection to a port of a pod; the caller closes it."""
        return self._transport.forward(namespace, pod, port)

    def raw(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> bytes:
        """A request to any path, the answer's bytes."""
        return bytes(self._transport.send(Request(method, path, query or {}, body)).data)

    def apis(self) -> Names:
        """Group versions that the API server serves, as apps/v1."""
        groups = json.loads(self.raw("GET", "/apis"))["groups"]
        return ["v1", *sorted(version["groupVersion"] for group in groups for version in group["versions"])]

    def server_version(self) -> str:
        """The API server's version, as v1.36.3."""
        return str(json.loads(self.raw("GET", "/version"))["gitVersion"])

    def now(self) -> datetime:
        """The API server's clock, which wrote the times in the objects; ours may differ."""
        answer = self._transport.send(Request("GET", "/version"))
        return parsedate_to_datetime(answer.headers["Date"])

    def uid(self) -> str:
        """What tells one cluster from another: the uid of the namespace kube-system."""
        found = self.get("v1", "Namespace", "kube-system")
        if found is None:
            raise NotFound("the cluster has no namespace kube-system: it cannot be told from others.")
        return str(found["metadata"]["uid"])

    def can_i(self, checks: Sequence[Mapping[str, str]]) -> Answers:
        """For each {verb, group, resource, namespace?, name?}: may we. Nothing is written."""
        return access.allowed(self._transport, checks)

    def whoami(self) -> str:
        """The name that the API server knows us by; empty before Kubernetes 1.28, which does not tell."""
        return access.name(self._transport)

    def _place(self, obj: Mapping[str, Any]) -> tuple[Resource, str | None]:
        found = self._discovery.need(obj["apiVersion"], obj["kind"])
        return found, (obj["metadata"].get("namespace") or "default") if found.namespaced else None

    def _write(self, dry_run: bool, field_manager: str | None = None) -> dict[str, Any]:
        return {"fieldManager": field_manager or FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {})}

    def _json(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> Object:
        answer: Object = json.loads(self._transport.send(Request(method, path, query or {}, body, content_type)).data)
        return answer
