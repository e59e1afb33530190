"""Bring images into a registry: by its HTTP API, or by links into the storage of a registry on this machine."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from ..errors import LabError
from .image import MANIFEST_TYPE, Image, Saved, save
from .layer import blob_path


def push(image: Image, registry: str) -> str:
    """Upload to `host:port` over plain http what the registry lacks; returns the manifest's digest."""
    saved = save(image)
    connection = http.client.HTTPConnection(registry, timeout=600)
    try:
        for digest in saved.blobs():
            _push_blob(connection, saved.name, digest)
        content = blob_path(saved.manifest).read_bytes()
        path = f"/v2/{saved.name}/manifests/{saved.tag}"
        _call(connection, "PUT", path, (201,), content, {"Content-Type": MANIFEST_TYPE})
    except OSError as error:
        raise LabError(f"registry {registry} does not answer: {error}", "start the lab: python -m lab up") from error
    finally:
        connection.close()
    return saved.manifest


def publish(images: Iterable[Saved], storage: Path) -> int:
    """Link images into a registry's file storage: no byte is copied, whatever their size. Returns how many."""
    count = 0
    for image in images:
        repository = storage / "docker/registry/v2/repositories" / image.name
        for digest in (*image.blobs(), image.manifest):
            _link_blob(storage, digest)
        for digest in image.blobs():
            _write_link(repository / "_layers" / _as_path(digest), digest)
        _write_link(repository / "_manifests/revisions" / _as_path(image.manifest), image.manifest)
        tag = repository / "_manifests/tags" / image.tag
        _write_link(tag / "index" / _as_path(image.manifest), image.manifest)
        _write_link(tag / "current", image.manifest)
        count += 1
    return count


def _push_blob(connection: http.client.HTTPConnection, name: str, digest: str) -> None:
    if _call(connection, "HEAD", f"/v2/{name}/blobs/{digest}", (200, 404)).status == 200:
        return
    answer = _call(connection, "POST", f"/v2/{name}/blobs/uploads/", (202,))
    location = urlsplit(answer.headers["Location"])
    query = f"{location.query}&digest={digest}" if location.query else f"digest={digest}"
    path = blob_path(digest)
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)}
    with path.open("rb") as body:
        _call(connection, "PUT", f"{location.path}?{query}", (201,), body, headers)


def _call(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    expected: tuple[int, ...],
    body: bytes | IO[bytes] | None = None,
    headers: dict[str, str] | None = None,
) -> http.client.HTTPResponse:
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in expected:
        raise LabError(
            f"registry answered {answer.status} to {method} {path}: {text[:200].decode(errors='replace')}",
            "read the registry's log: python -m lab status names it",
        )
    return answer


def _link_blob(storage: Path, digest: str) -> None:
    value = digest.partition(":")[2]
    target = storage / "docker/registry/v2/blobs/sha256" / value[:2] / value / "data"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(blob_path(digest), target)


def _as_path(digest: str) -> Path:
    return Path(*digest.split(":", 1))


def _write_link(directory: Path, digest: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "link").write_text(digest)
