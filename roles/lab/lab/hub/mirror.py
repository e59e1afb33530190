"""A plain mirror: what any web server over a seeded cache would answer.

/mirror/<org>/<name>[@<revision>]/manifest.json and …/<path>             one directory with its manifest
/mirror/{models,datasets}/<org>--<name>/manifests/<revision>.json        a whole cache root
/mirror/{models,datasets}/<org>--<name>/snapshots/<revision>/<path>
"""

from __future__ import annotations

from typing import Any

from .messages import Answer, Blob, Json, Request, Routed
from .repos import Repository, Revision, Store

_KINDS = {"models": "model", "datasets": "dataset"}


def route(request: Request, store: Store) -> Routed | None:
    """The answer, or None when the path is not the mirror's."""
    parts = request.parts
    if parts[0] != "mirror" or len(parts) < 4:
        return None
    if parts[1] in _KINDS and "--" in parts[2] and len(parts) >= 5:
        repository = store.find(_KINDS[parts[1]], parts[2].replace("--", "/", 1))
        name = parts[4].removesuffix(".json") if parts[3] == "manifests" else parts[4]
        path = "manifest.json" if parts[3] == "manifests" else "/".join(parts[5:])
        return _routed(repository, name.replace("--", "/"), path)
    name, _, wanted = parts[2].partition("@")
    return _routed(store.find("model", f"{parts[1]}/{name}"), wanted, "/".join(parts[3:]))


def _routed(repository: Repository | None, name: str, path: str) -> Routed:
    revision = repository.revision(name) if repository and not repository.access else None
    if repository is None or revision is None:
        return Routed(Json({"error": "not found"}, 404))
    return Routed(_answer(repository, revision, name, path), repository.id, path)


def _answer(repository: Repository, revision: Revision, name: str, path: str) -> Answer:
    file = revision.files.get(path)
    if file is not None:
        return Blob(file, (("ETag", f'"{file.sha256[:16]}"'),))
    if path == "manifest.json":
        return Json(manifest(repository, revision, name or "master"))
    return Json({"error": "not found"}, 404)


def manifest(repository: Repository, revision: Revision, name: str) -> dict[str, Any]:
    """What a seeded cache says of a snapshot."""
    files = [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in revision.files.values()]
    words = {"id": repository.id, "kind": repository.kind, "revision": name, "commit": revision.commit}
    return {"version": 1, **words, "files": files}
