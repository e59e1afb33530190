# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Hugging Face's addresses, as its clients ask for them to read (pure).

GET      /api/{models,datasets}/ID[/revision/REVISION]        commit and files
GET      /api/{models,datasets}/ID/tree/REVISION[/DIRECTORY]  files with sizes and hashes, all on one page
HEAD GET /[datasets/]ID/resolve/REVISION/PATH                 a file; it never redirects
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, Optional

from .._cache.manifest import Manifest, Record
from .answers import KINDS, Address, Answer, Content, Document, Find, etag
from .held import MAIN, Held

#: of the text that git keeps in place of a large file; clients want a number and use it for nothing
_POINTER_SIZE = 134


class _Asked(NamedTuple):
    id: str
    action: str
    rest: Sequence[str]


def route(address: Address, find: Find) -> Optional[Answer]:
    """The answer; None where the address is not Hugging Face's."""
    parts = address.parts
    if parts[:1] == ("api",) and parts[1:2] and parts[1] in KINDS and parts[2:]:
        asked = _asked(parts[2:], ("revision", "tree"))
        return _listing(asked, find(KINDS[parts[1]], asked.id), address)
    dataset = parts[:1] == ("datasets",)
    asked = _asked(parts[1:] if dataset else parts, ("resolve",))
    if not asked.action:
        return None
    return _file(asked, find("dataset" if dataset else "model", asked.id))


def _asked(parts: Sequence[str], actions: Sequence[str]) -> _Asked:
    """An id is organisation/name. The hub's oldest have no organisation: none is here, and clients read so."""
    for at in (2, 1):
        if len(parts) > at + 1 and parts[at] in actions:
            return _Asked("/".join(parts[:at]), parts[at], parts[at + 1 :])
    return _Asked("/".join(parts), "", ())


def _listing(asked: _Asked, held: Held, address: Address) -> Document:
    name = asked.rest[0] if asked.rest else MAIN
    found = held.at(name)
    if not found:
        return _absent(asked, held, name)
    if asked.action == "tree":
        recursive = address.query.get("recursive", "").lower() in ("true", "1")
        return Document(list(_tree(found[0], "/".join(asked.rest[1:]), recursive)))
    files = [{"rfilename": record.path, **_facts(record)} for record in found[0].files]
    about = {"private": False, "gated": False, "disabled": False, "tags": []}
    return Document({"id": asked.id, "sha": found[0].commit, **about, "siblings": files})


def _tree(revision: Manifest, directory: str, recursive: bool) -> list[dict[str, Any]]:
    """Files alone, unless only one directory is asked for: then its directories, too."""
    start = f"{directory.strip('/')}/" if directory.strip("/") else ""
    below = [record for record in revision.files if record.path.startswith(start)]
    if recursive:
        return [_entry(record) for record in below]
    deeper = {record.path[len(start) :].partition("/")[0] for record in below if "/" in record.path[len(start) :]}
    folders = [{"type": "directory", "path": start + name, "oid": "", "size": 0} for name in sorted(deeper)]
    return folders + [_entry(record) for record in below if "/" not in record.path[len(start) :]]


def _entry(record: Record) -> dict[str, Any]:
    return {"type": "file", "path": record.path, "oid": record.sha256, **_facts(record)}


def _facts(record: Record) -> dict[str, Any]:
    """Every file as a large one: the sha256 is what the cache knows of all."""
    lfs = {"oid": record.sha256, "sha256": record.sha256, "size": record.size, "pointerSize": _POINTER_SIZE}
    return {"size": record.size, "lfs": lfs}


def _file(asked: _Asked, held: Held) -> Answer:
    name, path = asked.rest[0], "/".join(asked.rest[1:])
    found = held.file(name, path)
    if found:
        revision, record = found
        return Content(revision, record, {"ETag": etag(record), "X-Repo-Commit": revision.commit})
    revisions = held.at(name)
    if not revisions:
        return _absent(asked, held, name)
    commit = {"X-Repo-Commit": revisions[0].commit}
    return _refusal("EntryNotFound", f"{asked.id} at {name} has no verified file {path!r} in this cache", commit)


def _absent(asked: _Asked, held: Held, name: str) -> Document:
    if held.revisions:
        return _refusal("RevisionNotFound", f"this cache has no revision {name!r} of {asked.id}")
    return _refusal("RepoNotFound", f"this cache has no {asked.id}")


def _refusal(code: str, message: str, more: Optional[dict[str, str]] = None) -> Document:
    """A header is ASCII; the body says it as it is."""
    headers = {"X-Error-Code": code, "X-Error-Message": ascii(message)[1:-1], **(more or {})}
    return Document({"error": message}, HTTPStatus.NOT_FOUND, headers)
