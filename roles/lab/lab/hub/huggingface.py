"""Hugging Face's routes, for clients with the tree API (1.x on) and those without (0.x).

GET      /api/{models,datasets}/<org>/<name>[/revision/<revision>][?blobs=true]     commit and siblings
GET      /api/{models,datasets}/<org>/<name>/tree/<revision>[?recursive=true]        listing in pages (Link: rel="next")
GET      /api/{models,datasets}/<org>/<name>/refs                                   branches and tags
HEAD|GET /[datasets/]<org>/<name>/resolve/<revision>/<path>                         a file; LFS files redirect
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from .messages import Answer, Blob, Headers, Json, Redirect, Request, Routed, Tokens
from .repos import RepoFile, Repository, Revision, Store

PAGE = 1000
_KINDS = {"models": "model", "datasets": "dataset"}


def route(request: Request, store: Store, tokens: Tokens) -> Routed | None:
    """The answer, or None when the path is not Hugging Face's."""
    parts = request.parts
    if parts[0] == "api" and len(parts) >= 4 and parts[1] in _KINDS:
        return _api(request, parts[1], parts[2:], store, tokens)
    kind = "dataset" if parts[0] == "datasets" else "model"
    parts = parts[1:] if kind == "dataset" else parts
    if len(parts) >= 5 and parts[2] == "resolve":
        return _resolve(request, store.find(kind, "/".join(parts[:2])), parts[3], "/".join(parts[4:]), tokens)
    return None


def _api(request: Request, kinds: str, parts: list[str], store: Store, tokens: Tokens) -> Routed:
    repository = store.find(_KINDS[kinds], "/".join(parts[:2]))
    refusal = _refusal(repository, request.token, tokens, content=False)
    if refusal is not None or repository is None:
        return Routed(refusal or _missing(request.token))
    action = parts[2] if len(parts) > 2 else "revision"
    if action == "refs":
        return Routed(_refs(repository), repository.id)
    revision = repository.revision("/".join(parts[3:])) if action in ("revision", "tree") else None
    if revision is None:
        return Routed(_error(404, "RevisionNotFound", f"Invalid rev id: {'/'.join(parts[3:])}"), repository.id)
    answer = _tree(request, revision) if action == "tree" else _info(request, repository, revision)
    return Routed(answer, repository.id)


def _resolve(request: Request, repository: Repository | None, name: str, path: str, tokens: Tokens) -> Routed:
    refusal = _refusal(repository, request.token, tokens, content=True)
    if refusal is not None or repository is None:
        return Routed(refusal or _missing(request.token))
    revision = repository.revision(name)
    if revision is None:
        return Routed(_error(404, "RevisionNotFound", f"Invalid rev id: {name}"), repository.id, path)
    file = revision.files.get(path)
    commit = ("X-Repo-Commit", revision.commit)
    if file is None:
        return Routed(_error(404, "EntryNotFound", "Entry not found", (commit,)), repository.id, path)
    return Routed(_content(file, commit), repository.id, path)


def _content(file: RepoFile, commit: tuple[str, str]) -> Answer:
    if file.lfs:
        linked = (("X-Linked-Etag", f'"{file.sha256}"'), ("X-Linked-Size", str(file.size)))
        return Redirect(file, (commit, *linked))
    return Blob(file, (commit, ("ETag", f'"{file.blob_id}"')))


def _refusal(repository: Repository | None, token: str, tokens: Tokens, content: bool) -> Json | None:
    """A private repository hides from strangers; a gated one shows its listing and keeps its bytes."""
    if token and not tokens.known(token):
        return _error(401, "", "Invalid credentials in Authorization header")
    if repository is None or not repository.access or tokens.known(token):
        return None
    if repository.access == "private":
        return _missing(token)
    if content:
        return _error(401, "GatedRepo", f"Access to {repository.id} is restricted. Please log in.")
    return None


def _missing(token: str) -> Json:
    if not token:
        return _error(401, "RepoNotFound", "Invalid username or password.")
    return _error(404, "RepoNotFound", "Repository not found")


def _info(request: Request, repository: Repository, revision: Revision) -> Json:
    blobs = request.query.get("blobs", "").lower() in ("true", "1")
    return Json(
        {
            "id": repository.id,
            "modelId": repository.id,
            "sha": revision.commit,
            "private": repository.access == "private",
            "gated": "manual" if repository.access == "gated" else False,
            "tags": [],
            "siblings": [_sibling(file, blobs) for file in revision.files.values()],
        }
    )


def _sibling(file: RepoFile, blobs: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"rfilename": file.path}
    if blobs:
        entry.update(size=file.size, blobId=file.blob_id)
        if file.lfs:
            entry["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": 134}
    return entry


def _tree(request: Request, revision: Revision) -> Json:
    recursive = request.query.get("recursive", "").lower() in ("true", "1")
    start = int(request.query.get("cursor", "0"))
    entries = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": path} for path in revision.directories]
    entries += [_entry(file) for file in revision.files.values()]
    shown = [entry for entry in entries if recursive or "/" not in str(entry["path"])]
    headers: Headers = ()
    if start + PAGE < len(shown):
        query = urlencode({**request.query, "cursor": start + PAGE})
        headers = (("Link", f'<{request.base}{quote(request.path)}?{query}>; rel="next"'),)
    return Json(shown[start : start + PAGE], 200, headers)


def _entry(file: RepoFile) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "oid": file.blob_id, "size": file.size, "path": file.path}
    if file.lfs:
        entry["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": 134}
    return entry


def _refs(repository: Repository) -> Json:
    def named(names: list[str], kind: str) -> list[dict[str, str]]:
        known = [(name, repository.revision(name)) for name in names]
        return [
            {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": revision.commit}
            for name, revision in known
            if revision
        ]

    branches = ["main" if name == "master" else name for name in repository.branches()]
    return Json({"branches": named(branches, "heads"), "tags": named(repository.tags(), "tags"), "converts": []})


def _error(status: int, code: str, message: str, extra: Headers = ()) -> Json:
    marks = (("X-Error-Code", code),) if code else ()
    return Json({"error": message}, status, (*marks, ("X-Error-Message", message), *extra))
