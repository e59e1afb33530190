# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Hugging Face: revision to commit, then the tree (new API) or the siblings and a HEAD per file (old API)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urljoin

from .base import HttpHub, checked_commit, field
from .errors import BadAnswer, NotFound
from .listing import Listing, RemoteFile
from .response import Response

DEFAULT_ENDPOINT = "https://huggingface.co"
HEAD_WORKERS = 8
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_SIZE = re.compile(r"[0-9]{1,18}")
_SHA1 = re.compile(r"^[0-9a-f]{40}$")


class HuggingFace(HttpHub):
    kind = "huggingface"
    #: set by resolve(): files are asked for by commit, so a branch that moves meanwhile does no harm
    _commit = ""

    def resolve(self, known: str = "", /) -> Listing:
        address = f"{self._api}/revision/{quote(self._repository.revision, safe='')}"
        self._commit = self._ask(address, self._what, self._commit_of)
        if self._commit == known:
            return Listing(self._commit, None)
        try:
            files = list(self._tree())
        except NotFound:
            blobs = self._json(f"{address}?blobs=true", self._what)
            files = self._siblings(field(blobs, "siblings", list, self.name))
        return Listing(self._commit, tuple(sorted(files)))

    def address_of(self, file: RemoteFile) -> str:
        prefix = "datasets/" if self._repository.kind == "dataset" else ""
        at = quote(self._commit or self._repository.revision, safe="")
        return f"{self._endpoint}/{prefix}{self._repository.id}/resolve/{at}/{quote(file.path)}"

    def _commit_of(self, response: Response) -> str:
        return checked_commit(field(response.json(_repository_only), "sha", str, self.name), self.name)

    @property
    def _api(self) -> str:
        return f"{self._endpoint}/api/{self._repository.kind}s/{self._repository.id}"

    @property
    def _what(self) -> str:
        return f"{self._repository.kind} {self._repository.id} at revision {self._repository.revision}"

    def _tree(self) -> Iterator[RemoteFile]:
        url = f"{self._api}/tree/{self._commit}?recursive=true"
        seen: set[str] = set()
        while url:
            if url in seen:
                raise BadAnswer(f"{self.name} lists {self._repository.id} in a loop of pages", "Check the endpoint")
            seen.add(url)
            entries, url = self._ask(url, self._what, lambda response: (response.json(), _next_page(response)))
            for entry in field({"entries": entries}, "entries", list, self.name):
                if field(entry, "type", str, self.name) == "file":
                    yield _tree_file(entry, self.name)

    def _siblings(self, siblings: list[Any]) -> list[RemoteFile]:
        """Older servers and mirrors: sizes and hashes here if it knows `blobs=true`, else by HEAD."""
        known = [_sibling_file(entry, self.name) for entry in siblings]
        with ThreadPoolExecutor(HEAD_WORKERS) as pool:
            return list(pool.map(lambda file: file if file.size >= 0 else self._head(file), known))

    def _head(self, file: RemoteFile) -> RemoteFile:
        def facts(response: Response) -> RemoteFile:
            etag = (response.header("X-Linked-Etag") or response.header("ETag")).replace("W/", "").strip('"')
            size = response.header("X-Linked-Size") or response.header("Content-Length")
            return _file(file.path, int(size) if _SIZE.fullmatch(size) else -1, etag)

        found: RemoteFile = self._ask(self.address_of(file), repr(file.path), facts, method="HEAD", follow=False)
        return found


def _repository_only(found: dict[str, Any]) -> dict[str, Any] | None:
    """The answer itself; of the files that it names, which the tree tells better, nothing is kept."""
    return found if "sha" in found else None


def _next_page(response: Response) -> str:
    found = _NEXT.search(response.header("Link"))
    return urljoin(response.url, found.group(1)) if found else ""


def _tree_file(entry: dict[str, Any], where: str) -> RemoteFile:
    lfs = entry.get("lfs")
    mark = field(lfs, "oid", str, where) if isinstance(lfs, dict) else str(entry.get("oid") or "")
    size = field(lfs if isinstance(lfs, dict) else entry, "size", int, where)
    return _file(field(entry, "path", str, where), size, mark)


def _sibling_file(entry: Any, where: str) -> RemoteFile:
    path = field(entry, "rfilename", str, where)
    lfs = entry.get("lfs")
    mark = str(lfs.get("sha256") or "") if isinstance(lfs, dict) else str(entry.get("blobId") or "")
    size = entry.get("size")
    return _file(path, size if isinstance(size, int) else -1, mark)


def _file(path: str, size: int, mark: str) -> RemoteFile:
    """An LFS file is marked by its sha256, a git one by its blob sha1, which we can check as well."""
    path = sys.intern(path)
    if _SHA256.match(mark):
        return RemoteFile(path, size, sys.intern(mark))
    tag = f"git:{mark}" if _SHA1.match(mark) else (f"etag:{mark}" if mark else "")
    return RemoteFile(path, size, "", sys.intern(tag))
