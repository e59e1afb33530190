# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A plain web server: a cache root of ours behind any server, or a directory with a manifest.json."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from .base import HttpHub, checked_commit, field
from .errors import BadAnswer
from .listing import Listing, RemoteFile, digest
from .names import manifest_path, snapshot_path

_SHA256 = re.compile(r"^[0-9a-f]{64}$")


class Mirror(HttpHub):
    """A cache root at `endpoint`; with `plain`, a directory that holds manifest.json and the files."""

    kind = "mirror"
    plain = False

    def resolve(self, _known: str = "", /) -> Listing:
        """What the caller knows is of no use here: the cache behind may have got more of a commit since."""
        what = f"manifest of {self._repository.id} at revision {self._repository.revision}"
        manifest = self._json(self._manifest_address(), what)
        files = listed(manifest, self.name)
        commit = checked_commit(str(manifest.get("commit") or "") or digest(files), self.name)
        return Listing(commit, files, *filled_with(manifest, self.name))

    def address_of(self, file: RemoteFile) -> str:
        if self.plain:
            return f"{self._endpoint}/{quote(file.path)}"
        return f"{self._endpoint}/{quote(snapshot_path(*self._repository))}/{quote(file.path)}"

    def _manifest_address(self) -> str:
        if self.plain:
            return f"{self._endpoint}/manifest.json"
        return f"{self._endpoint}/{quote(manifest_path(*self._repository))}"


class PlainMirror(Mirror):
    plain = True


def listed(manifest: Any, where: str) -> tuple[RemoteFile, ...]:
    """The files of a manifest: {"files": [{"path", "size", "sha256"}]}."""
    return tuple(sorted(_file(entry, where) for entry in field(manifest, "files", list, where)))


def filled_with(manifest: Any, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The patterns of include and exclude by which a cache of ours was narrowed."""
    include, exclude = (manifest.get(name) or [] for name in ("include", "exclude"))
    for patterns in (include, exclude):
        if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
            raise BadAnswer(f"{where} tells its include and exclude as {patterns!r}, which is no list of patterns")
    return tuple(include), tuple(exclude)


def _file(entry: Any, where: str) -> RemoteFile:
    sha256 = str(entry.get("sha256") or "") if isinstance(entry, dict) else ""
    return RemoteFile(
        field(entry, "path", str, where), field(entry, "size", int, where), sha256 if _SHA256.match(sha256) else ""
    )
