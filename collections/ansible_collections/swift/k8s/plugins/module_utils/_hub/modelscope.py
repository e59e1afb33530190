# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""ModelScope: recursive listings that stop at 3,000 entries, paged datasets, files by query."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from .base import HttpHub, field
from .errors import BadAnswer, NotFound, Refused
from .listing import Listing, RemoteFile, digest

DEFAULT_ENDPOINT = "https://www.modelscope.cn"
#: the server cuts a model's listing here without saying so
LISTING_CAP = 3000
PAGE_SIZE = 500
#: one inside the other
MOST_DIRECTORIES = 64
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_COMMIT = re.compile(r"^[0-9a-f]{40}$")


class ModelScope(HttpHub):
    kind = "modelscope"

    def resolve(self, _known: str = "", /) -> Listing:
        """What the caller knows is of no use here: the hub has no cheap question for the commit of a branch."""
        entries = self._dataset_pages() if self._repository.kind == "dataset" else self._model_entries("")
        found: dict[str, RemoteFile] = {}
        newest = (0, "")
        for entry in entries:
            if entry.get("Type") != "tree":
                path = str(field(entry, "Path", str, self.name))
                found[path] = _remote_file(path, entry, self.name)
                date = entry.get("CommittedDate")
                newest = max(newest, (date if isinstance(date, int) else 0, str(entry.get("Revision") or "")))
        files = tuple(sorted(found.values()))
        # the commit of the newest file is what a branch meant when it was listed
        return Listing(newest[1] if _COMMIT.fullmatch(newest[1]) else digest(files), files)

    def address_of(self, file: RemoteFile) -> str:
        return f"{self._api}/repo?{urlencode({'Revision': self._repository.revision, 'FilePath': file.path})}"

    @property
    def _api(self) -> str:
        return f"{self._endpoint}/api/v1/{self._repository.kind}s/{self._repository.id}"

    def _secrets(self) -> dict[str, str]:
        if not self._token:
            return {}
        return {"Authorization": f"Bearer {self._token}", "Cookie": f"m_session_id={self._token}"}

    def _model_entries(self, root: str) -> Iterator[dict[str, Any]]:
        """All entries below `root`; a listing at the cap is taken apart by directory."""
        entries = self._list("repo/files", root, Recursive="True")
        if len(entries) < LISTING_CAP:
            yield from entries
            return
        entries = self._list("repo/files", root, Recursive="False")
        if len(entries) >= LISTING_CAP:
            raise BadAnswer(
                f"{self.name} shows only the first {LISTING_CAP} entries of {self._repository.id}/{root}",
                "The hub cannot list this directory completely; seed from a mirror or a directory instead",
            )
        for entry in entries:
            path = field(entry, "Path", str, self.name)
            if entry.get("Type") != "tree":
                yield entry
            elif path.startswith(f"{root}/" if root else ""):
                if path.count("/") > MOST_DIRECTORIES:
                    raise BadAnswer(f"{self.name} lists {self._repository.id} without an end below {root[:60]!r}")
                yield from self._model_entries(path)

    def _dataset_pages(self) -> Iterator[dict[str, Any]]:
        number, before = 1, None
        while True:
            page = self._list("repo/tree", "", Recursive="True", PageNumber=str(number), PageSize=str(PAGE_SIZE))
            if page == before:
                raise BadAnswer(f"{self.name} gives page {number} of {self._repository.id} as it gave the one before")
            yield from page
            if len(page) < PAGE_SIZE:
                return
            number, before = number + 1, page

    def _list(self, route: str, root: str, **query: str) -> list[dict[str, Any]]:
        wanted = {"Revision": self._repository.revision, **({"Root": root} if root else {}), **query}
        what = f"{self._repository.kind} {self._repository.id} at revision {self._repository.revision}"
        answer = self._json(f"{self._api}/{route}?{urlencode(wanted)}", what)
        code = answer.get("Code") if isinstance(answer, dict) else None
        if code not in (200, None):
            raise _business_error(
                int(code) if str(code).isdecimal() else 0, str(answer.get("Message")), what, self.name
            )
        entries = field(field(answer, "Data", dict, self.name), "Files", (list, type(None)), self.name)
        return [entry for entry in entries or [] if isinstance(entry, dict)]


def _business_error(code: int, message: str, what: str, name: str) -> BadAnswer:
    """Failures that come with status 200."""
    if code in (401, 403):
        raise Refused(f"{name} refuses {what}: {message}", "Give a token that may read it")
    if code == 404 or "not exist" in message.lower() or "not found" in message.lower():
        raise NotFound(f"{name} has no {what}: {message}", "Check id, revision and endpoint")
    return BadAnswer(f"{name} answered code {code} for {what}: {message}")


def _remote_file(path: str, entry: dict[str, Any], where: str) -> RemoteFile:
    """The revision of each file is kept even beside a sha256: clients up to 1.37 ask for it (see _cache/links.py)."""
    path, sha256 = sys.intern(path), sys.intern(str(entry.get("Sha256") or "").lower())
    tag = sys.intern(f"rev:{entry.get('Revision') or ''}")
    return RemoteFile(path, field(entry, "Size", int, where), sha256 if _SHA256.match(sha256) else "", tag)
