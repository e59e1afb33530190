"""ModelScope's routes, for clients up to 1.37 and from 1.40 on.

GET /api/v1/{models,datasets}/<org>/<name>                                 description (data sets: with their number)
GET /api/v1/models/<org>/<name>/revisions                                  branches and tags
GET /api/v1/models/<org>/<name>/repo/files?Revision&Recursive&Root         listing, silently cut at 3,000 entries
GET /api/v1/datasets/{<org>/<name>,<number>}/repo/tree?…&PageNumber&PageSize   listing in pages
GET /api/v1/{models,datasets}/<org>/<name>/repo?Revision&FilePath          a file; LFS files redirect
"""

from __future__ import annotations

import os
from typing import Any

from .messages import Answer, Blob, Json, Redirect, Request, Routed, Tokens
from .repos import Repository, Revision, Store

LISTING_CAP = 3000
COMMITTED = 1_700_000_000
_NO_REPOSITORY = 10010205001
_KINDS = {"models": "model", "datasets": "dataset"}


def route(request: Request, store: Store, tokens: Tokens) -> Routed | None:
    """The answer, or None when the path is not ModelScope's."""
    parts = request.parts
    if parts[:2] != ["api", "v1"] or len(parts) < 4 or parts[2] not in _KINDS:
        return None
    kind, rest = _KINDS[parts[2]], parts[3:]
    if rest[0].isdigit() and rest[1:2] == ["repo"]:
        repository, action = store.find_number(kind, int(rest[0])), "/".join(rest[1:])
    else:
        repository, action = store.find(kind, "/".join(rest[:2])), "/".join(rest[2:])
    refusal = _refusal(repository, request.token, tokens)
    if refusal is not None or repository is None:
        return Routed(refusal or _error(404, _NO_REPOSITORY, "the repository does not exist"))
    path = request.query.get("FilePath", "") if action == "repo" else ""
    return Routed(_answer(request, repository, action), repository.id, path)


def _refusal(repository: Repository | None, token: str, tokens: Tokens) -> Json | None:
    if token and not tokens.known(token):
        return _error(401, 10010103009, "the access token is invalid or expired")
    if repository is not None and repository.access and not tokens.known(token):
        return _error(403, 10010103003, "access denied: log in and ask for access")
    return None


def _answer(request: Request, repository: Repository, action: str) -> Answer:
    if action == "":
        organisation, _, name = repository.id.partition("/")
        return _ok({"Id": repository.number, "Type": 3, "Path": organisation, "Name": name, "Revision": "master"})
    if action == "revisions":
        return _ok({"RevisionMap": {"Branches": _named(repository.branches()), "Tags": _named(repository.tags())}})
    wanted = request.query.get("Revision", "")
    revision = repository.revision(wanted)
    if revision is None:
        return _error(404, 10010205002, f"the repository {repository.id} has no revision {wanted}")
    if action == "repo/files" and repository.kind == "model":
        return _ok({"Files": _entries(revision, request)[:LISTING_CAP], "IsVisual": 0})
    if action == "repo/tree" and repository.kind == "dataset":
        return _page(revision, request)
    if action == "repo":
        return _file(revision, request.query.get("FilePath", ""))
    return _error(404, 404, f"no route {request.path}")


def _file(revision: Revision, path: str) -> Answer:
    file = revision.files.get(path)
    if file is None:
        return _error(404, 10010205003, f"no file {path} at revision {revision.name or 'master'}")
    return Redirect(file) if file.lfs else Blob(file, (("ETag", f'"{file.blob_id}"'),))


def _page(revision: Revision, request: Request) -> Json:
    number, size = int(request.query.get("PageNumber", "1")), int(request.query.get("PageSize", "100"))
    entries = _entries(revision, request)
    return _ok({"Files": entries[(number - 1) * size : number * size], "TotalCount": len(entries)})


def _entries(revision: Revision, request: Request) -> list[dict[str, Any]]:
    """Directories and files below Root; without Recursive only its own."""
    root = request.query.get("Root", "").strip("/")
    recursive = request.query.get("Recursive", "False").lower() == "true"

    def shown(path: str) -> bool:
        if root and not path.startswith(f"{root}/"):
            return False
        return recursive or "/" not in path[len(root) + 1 if root else 0 :]

    folders = [_folder(path) for path in revision.directories if shown(path)]
    files = [_entry(revision, path) for path in revision.files if shown(path)]
    return sorted(folders + files, key=lambda entry: str(entry["Path"]))


def _entry(revision: Revision, path: str) -> dict[str, Any]:
    file = revision.files[path]
    return {
        **_folder(path),
        "Type": "blob",
        "Size": file.size,
        "Sha256": file.sha256,
        "IsLFS": file.lfs,
        "Revision": revision.commit,
        "CommitId": revision.commit,
    }


def _folder(path: str) -> dict[str, Any]:
    name = os.path.basename(path)
    return {"Path": path, "Name": name, "Type": "tree", "Size": 0, "CommittedDate": COMMITTED, "Mode": "33188"}


def _named(names: list[str]) -> list[dict[str, Any]]:
    return [{"Revision": name, "CreatedAt": COMMITTED} for name in names]


def _ok(data: Any) -> Json:
    return Json({"Code": 200, "Success": True, "Message": "success", "RequestId": "lab", "Data": data})


def _error(status: int, code: int, message: str) -> Json:
    return Json({"Code": code, "Success": False, "Message": message, "RequestId": "lab"}, status)
