# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""ModelScope's addresses, as clients up to 1.37 and from 1.38 on ask for them to read (pure).

GET /api/v1/{models,datasets}/ID                               that it is here
GET /api/v1/{models,datasets}/ID/revisions                     names of revisions
GET /api/v1/{models,datasets}/ID/repo/{files,tree}?Revision&Root&Recursive[&PageNumber&PageSize]   directories and files
GET /api/v1/{models,datasets}/ID/repo?Revision&FilePath        a file; it never redirects
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Optional

from .._cache.manifest import Manifest
from .answers import KINDS, Address, Answer, Content, Document, Find, etag
from .held import MASTER, Held

_PREFIX = ("api", "v1")
_LISTINGS = ("repo/files", "repo/tree")


def route(address: Address, find: Find) -> Optional[Answer]:
    """The answer; None where the address is not ModelScope's."""
    parts = address.parts
    if parts[:2] != _PREFIX or len(parts) < 5 or parts[2] not in KINDS:
        return None
    model_id, action = "/".join(parts[3:5]), "/".join(parts[5:])
    held = find(KINDS[parts[2]], model_id)
    if not held.revisions:
        return _refusal(f"this cache has no {model_id}")
    if action == "":
        # Clients up to 1.37 ask for a data set's number, and then for the data set by it: the id serves as well.
        return _good({"Id": model_id, "Type": 3, "Path": parts[3], "Name": parts[4]})
    if action == "revisions":
        # Clients up to 1.37 write the date down beside the files; a cache knows none.
        named = [{"Revision": name, "CreatedAt": 0} for name in _names(held)]
        return _good({"RevisionMap": {"Branches": named, "Tags": []}})
    return _of_revision(model_id, action, held, address)


def _of_revision(model_id: str, action: str, held: Held, address: Address) -> Optional[Answer]:
    name = address.query.get("Revision") or MASTER
    found = held.at(name)
    if not found:
        return _refusal(f"this cache has no revision {name!r} of {model_id}")
    if action in _LISTINGS:
        return _listing(found[0], address)
    if action != "repo":
        return None
    path = address.query.get("FilePath", "")
    file = held.file(name, path)
    if not file:
        return _refusal(f"{model_id} at {name} has no verified file {path!r} in this cache")
    return Content(*file, {"ETag": etag(file[1])})


def _names(held: Held) -> list[str]:
    """Clients up to 1.37 ask for no revision that is not listed here, and for master where nobody says which."""
    names = [revision.revision for revision in held.revisions]
    return names + [MASTER] * (MASTER not in names and bool(held.at(MASTER)))


def _listing(revision: Manifest, address: Address) -> Document:
    query = address.query
    root = query.get("Root", "").strip("/")
    entries = list(_entries(revision, f"{root}/" if root else "", query.get("Recursive", "").lower() == "true"))
    page, size = query.get("PageNumber", ""), query.get("PageSize", "")
    shown = entries
    if page.isdecimal() and size.isdecimal():
        shown = entries[max(int(page) - 1, 0) * int(size) :][: int(size)]
    return _good({"Files": shown, "TotalCount": len(entries)})


def _entries(revision: Manifest, start: str, recursive: bool) -> Iterator[dict[str, Any]]:
    """Each directory once, before what is in it."""
    seen: set[str] = set()
    for record in revision.files:
        if not record.path.startswith(start):
            continue
        for end in (at for at, sign in enumerate(record.path) if sign == "/" and at >= len(start)):
            folder = record.path[:end]
            if folder not in seen and (recursive or "/" not in folder[len(start) :]):
                seen.add(folder)
                yield {**_named(folder, revision), "Type": "tree", "Size": 0}
        if recursive or "/" not in record.path[len(start) :]:
            facts = {"Type": "blob", "Size": record.size, "Sha256": record.sha256}
            yield {**_named(record.path, revision), **facts}


def _named(path: str, revision: Manifest) -> dict[str, str]:
    return {"Path": path, "Name": path.rpartition("/")[2], "Revision": revision.commit}


def _good(data: Any) -> Document:
    return Document({"Code": 200, "Success": True, "Message": "success", "RequestId": "", "Data": data})


def _refusal(message: str) -> Document:
    status = HTTPStatus.NOT_FOUND
    return Document({"Code": status.value, "Success": False, "Message": message, "RequestId": ""}, status)
