# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A directory as a hub: a USB stick, an unpacked archive, a share."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator

from .base import Repository
from .errors import BadAnswer, BadSetting, Cut, NotFound, UnsafePath
from .listing import Listing, RemoteFile, digest
from .mirror import listed
from .names import OLD_ID, OLD_INDEX, OLD_REVISION, beside_snapshot

#: when the source directory holds one, its hashes pin the copy
MANIFEST = "manifest.json"
#: what people's tools, ModelScope's clients and our own caches leave behind
SKIPPED = frozenset((".git", ".DS_Store", "__pycache__", OLD_INDEX, OLD_ID, OLD_REVISION))


class FileBody:
    def __init__(self, path: str, offset: int) -> None:
        # O_NOFOLLOW: what was a file when it was listed may be a link by now
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        os.lseek(self._fd, offset, os.SEEK_SET)
        self.start = offset

    def readinto(self, view: memoryview) -> int:
        try:
            return os.readv(self._fd, [view])
        except OSError as error:
            raise Cut(f"the source cannot be read any more: {error.strerror}") from error

    def pace(self, _rate: float, /) -> bool:
        return True

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Directory:
    local = True

    def __init__(self, source: str, repository: Repository) -> None:
        if not os.path.isabs(source):
            raise BadSetting(f"source {source!r} of {repository.id} is not an absolute path")
        self._source = source
        self.address = source
        self.name = f"directory {source}"

    def resolve(self, known: str = "", /) -> Listing:
        if not os.path.isdir(self._source):
            raise NotFound(f"source {self._source} is not a directory", "Mount it, or correct source")
        files = self._pinned() or tuple(sorted(self._walk()))
        if not files:
            raise NotFound(f"source {self._source} holds no files", "Mount it, or correct source")
        commit = digest(files)
        return Listing(commit, None if commit == known else files)

    def open(self, file: RemoteFile, offset: int = 0) -> FileBody:
        try:
            return FileBody(os.path.join(self._source, file.path), offset)
        except OSError as error:
            raise BadAnswer(
                f"source file {file.path!r} cannot be read: {error.strerror}", "Check its rights"
            ) from error

    def close(self) -> None:
        """Nothing is kept open between files."""

    def _pinned(self) -> tuple[RemoteFile, ...]:
        """Where the source is a snapshot of a cache of ours, or the link to it, its manifest is beside it."""
        candidates = (os.path.join(self._source, MANIFEST), beside_snapshot(os.path.realpath(self._source)))
        return next(filter(None, map(_listed_in, candidates)), ())

    def _walk(self, below: str = "") -> Iterator[RemoteFile]:
        with os.scandir(os.path.join(self._source, below)) as entries:
            for entry in sorted(entries, key=lambda item: item.name):
                path = f"{below}/{entry.name}" if below else entry.name
                if entry.name in SKIPPED:
                    continue
                facts = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(facts.st_mode):
                    yield from self._walk(path)
                elif stat.S_ISREG(facts.st_mode):
                    yield RemoteFile(path, facts.st_size, "", f"mtime:{facts.st_mtime_ns}")
                else:
                    raise UnsafePath(
                        f"source file {os.path.join(self._source, path)} is a link or a device",
                        "Copy the model with links resolved (cp -rL) and seed from the copy",
                    )


def _listed_in(path: str) -> tuple[RemoteFile, ...]:
    if not os.path.isfile(path):
        return ()
    try:
        with open(path, encoding="utf-8") as stream:
            manifest = json.load(stream)
    except (OSError, ValueError) as error:
        raise BadAnswer(f"{path} is not readable JSON: {error}", "Repair or remove it") from error
    return listed(manifest, path) if isinstance(manifest, dict) and "files" in manifest else ()
