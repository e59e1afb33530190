# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Helm's release records: one Secret a revision, read and (for repair only) rewritten without the helm binary."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import StoreError

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

PENDING = ("pending-install", "pending-upgrade", "pending-rollback")
#: Our word for a record that cannot be read.
DAMAGED = "damaged"
#: Revision that last became ready, kept as a label of the record; Helm carries labels on to later revisions.
READY_LABEL = "swift.k8s/ready-revision"
_DESCRIPTION = re.compile(r"^swift\.k8s sha256:([0-9a-f]{64})$")
_ROLLED_BACK = re.compile(r"^Rollback to (\d+)$")
_GZIP = b"\x1f\x8b"
#: Bytes that the API server allows in a Secret.
LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """One revision of a release as Helm recorded it."""

    name: str
    namespace: str
    revision: int
    status: str
    description: str = ""
    updated: str = ""
    chart: str = ""
    version: str = ""
    app_version: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    manifest: str = field(default="", repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def digest(self) -> str:
        """What this collection wanted when it made the revision; empty when someone else made it."""
        match = _DESCRIPTION.match(self.description)
        return match.group(1) if match else ""

    @property
    def rolled_back_to(self) -> int | None:
        match = _ROLLED_BACK.match(self.description)
        return int(match.group(1)) if match else None

    @property
    def ready_revision(self) -> int | None:
        """The newest revision known to have become ready, this one or an earlier one."""
        value = self.labels.get(READY_LABEL, "")
        return int(value) if value.isdigit() else None

    @property
    def changed_at(self) -> str:
        """When the record was last written, RFC 3339."""
        times = [str(entry.get("time", "")) for entry in self.secret.get("managedFields", [])]
        return max([*times, str(self.secret.get("creationTimestamp", ""))])

    @property
    def held_by(self) -> str:
        """Who wrote the record last."""
        entries = sorted(self.secret.get("managedFields", []), key=lambda entry: str(entry.get("time", "")))
        return str(entries[-1].get("manager", "unknown")) if entries else "unknown"


def description(digest: str) -> str:
    """The revision's description that carries what was wanted; shown by helm history."""
    return f"swift.k8s sha256:{digest}"


def secret_name(name: str, revision: int) -> str:
    return f"sh.helm.release.v1.{name}.v{revision}"


def decode(secret: Mapping[str, Any]) -> Stored:
    """A revision from its Secret."""
    metadata = secret["metadata"]
    body = _payload(secret)
    info, about = body.get("info") or {}, (body.get("chart") or {}).get("metadata") or {}
    return Stored(
        name=str(body.get("name", "")),
        namespace=str(body.get("namespace") or metadata.get("namespace", "")),
        revision=int(body.get("version", 0)),
        status=str(info.get("status", "unknown")),
        description=str(info.get("description", "")),
        updated=str(info.get("last_deployed", "")),
        chart=str(about.get("name", "")),
        version=str(about.get("version", "")),
        app_version=str(about.get("appVersion", "")),
        values=body.get("config") or {},
        manifest=str(body.get("manifest", "")),
        labels=metadata.get("labels") or {},
        secret=metadata,
    )


def _payload(secret: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{secret['metadata'].get('namespace', '')}/{secret['metadata']['name']}"
    try:
        raw = base64.b64decode(base64.b64decode(secret["data"]["release"], validate=True), validate=True)
        body = json.loads(gzip.decompress(raw) if raw.startswith(_GZIP) else raw)
        if not isinstance(body, dict):
            raise ValueError("not an object")  # noqa: TRY004
    except (KeyError, TypeError, ValueError, binascii.Error, EOFError, OSError) as error:
        raise StoreError(
            f"release record {name} is damaged ({error}); restore the Secret from a backup, "
            "or delete this one revision: helm then falls back to the revision before it"
        ) from error
    return body


def without(secret: Mapping[str, Any], manifest: str) -> dict[str, Any]:
    """The same record with another manifest: what is not in it, Helm will not touch."""
    return _rewritten(secret, {**_payload(secret), "manifest": manifest})


def with_status(secret: Mapping[str, Any], status: str, why: str) -> dict[str, Any]:
    """The same record with another status, as Helm itself would have written it."""
    body = _payload(secret)
    body.setdefault("info", {}).update(status=status, description=why)
    labels = {**(secret["metadata"].get("labels") or {}), "status": status}
    return _rewritten({**secret, "metadata": {**secret["metadata"], "labels": labels}}, body)


def _rewritten(secret: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    packed = gzip.compress(json.dumps(body, separators=(",", ":")).encode())
    return {**secret, "data": {"release": base64.b64encode(base64.b64encode(packed)).decode()}}


def weight(release: str) -> int:
    """Bytes of the record that Helm makes of a release in JSON: what the API server counts against its limit."""
    return len(gzip.compress(release.encode())) * 4 // 3


def newest(cluster: Cluster, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[Stored]]:
    """(namespace, name) -> revisions newest first: one list call a namespace, superseded history left out."""
    names: dict[str, set[str]] = defaultdict(set)
    for namespace, name in wanted:
        names[namespace].add(name)
    found: dict[tuple[str, str], list[Stored]] = {}
    for namespace, group in sorted(names.items()):
        selector = f"owner=helm,status!=superseded,name in ({','.join(sorted(group))})"
        for stored in map(decode, cluster.list("v1", "Secret", namespace=namespace, label_selector=selector)):
            found.setdefault((namespace, stored.name), []).append(stored)
    for revisions in found.values():
        revisions.sort(key=lambda stored: -stored.revision)
    return found


def history(cluster: Cluster, namespace: str, name: str) -> list[Stored]:
    """All revisions, newest first, fetched in pages: a record can weigh up to 1 MiB."""
    secrets = cluster.list("v1", "Secret", namespace=namespace, label_selector=f"owner=helm,name={name}", page=20)
    return sorted(map(decode, secrets), key=lambda stored: -stored.revision)


def everywhere(cluster: Cluster, namespace: str | None = None) -> list[Stored]:
    """The newest revision of every release of the cluster, or of one namespace."""
    latest: dict[tuple[str, str], Stored] = {}
    secrets = cluster.list("v1", "Secret", namespace=namespace, label_selector="owner=helm,status!=superseded", page=50)
    for stored in map(_readable, secrets):
        known = latest.get((stored.namespace, stored.name))
        if known is None or known.revision < stored.revision:
            latest[(stored.namespace, stored.name)] = stored
    return [latest[key] for key in sorted(latest)]


def _readable(secret: Mapping[str, Any]) -> Stored:
    """A revision even of a damaged Secret, as far as its labels tell: one record must not hide the others."""
    try:
        return decode(secret)
    except StoreError as error:
        metadata = secret["metadata"]
        labels = metadata.get("labels") or {}
        number = str(labels.get("version", "0"))
        return Stored(
            name=str(labels.get("name", metadata["name"])),
            namespace=str(metadata.get("namespace", "")),
            revision=int(number) if number.isdigit() else 0,
            status=DAMAGED,
            description=str(error),
            labels=labels,
            secret=metadata,
        )


def mark_ready(cluster: Cluster, stored: Stored) -> None:
    """Note on the record that this revision became ready: the target of a later rollback."""
    body = {"metadata": {"labels": {READY_LABEL: str(stored.revision)}}}
    cluster.patch("v1", "Secret", secret_name(stored.name, stored.revision), body, namespace=stored.namespace)
