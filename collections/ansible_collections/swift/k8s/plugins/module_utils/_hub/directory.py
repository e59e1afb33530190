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
from .mirror import filled_with, listed
from .names import OLD_MARKS, beside_snapshot

#: when the source directory holds one, its hashes pin the copy
MANIFEST = "manifest.json"
#: what people's tools, ModelScope's clients and our own caches leave behind
SKIPPED = frozenset((".git", ".DS_Store", "__pycache__")) | OLD_MARKS

#: files, and the patterns of include and exclude by which they were chosen
Pinned = tuple[tuple[RemoteFile, ...], tuple[str, ...], tuple[str, ...]]


class FileBody:
    """`tag` is that of the listing; a file that changes while it is copied would be half old and half new."""

    def __init__(self, path: str, offset: int, tag: str) -> None:
        # O_NOFOLLOW: what was a file when it was listed may be a link by now
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        self._path, self._tag = path, tag
        os.lseek(self._fd, offset, os.SEEK_SET)
        self.start = offset

    def readinto(self, view: memoryview) -> int:
        try:
            count = os.readv(self._fd, [view])
            changed = not count and self._tag and _tag_of(os.fstat(self._fd)) != self._tag
        except OSError as error:
            raise Cut(f"the source cannot be read any more: {error.strerror}") from error
        if changed:
            raise BadAnswer(f"source file {self._path} changed while it was copied", "Run again when nobody writes it")
        return count

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
        files, include, exclude = self._pinned() or (tuple(sorted(self._walk())), (), ())
        if not files:
            raise NotFound(f"source {self._source} holds no files", "Mount it, or correct source")
        commit = digest(files)
        return Listing(commit, None if commit == known else files, include, exclude)

    def open(self, file: RemoteFile, offset: int = 0) -> FileBody:
        try:
            return FileBody(os.path.join(self._source, file.path), offset, file.tag)
        except OSError as error:
            raise BadAnswer(
                f"source file {file.path!r} cannot be read: {error.strerror}", "Check its rights"
            ) from error

    def close(self) -> None:
        """Nothing is kept open between files."""

    def _pinned(self) -> Pinned | None:
        """Where the source is a snapshot of a cache of ours, or the link to it, its manifest is beside it."""
        candidates = (os.path.join(self._source, MANIFEST), beside_snapshot(os.path.realpath(self._source)))
        return next(filter(None, map(_listed_in, candidates)), None)

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
                    yield RemoteFile(path, facts.st_size, "", _tag_of(facts))
                else:
                    raise UnsafePath(
                        f"source file {os.path.join(self._source, path)} is a link or a device",
                        "Copy the model with links resolved (cp -rL) and seed from the copy",
                    )


def _tag_of(facts: os.stat_result) -> str:
    return f"mtime:{facts.st_mtime_ns}"


def _listed_in(path: str) -> Pinned | None:
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8") as stream:
            manifest = json.load(stream)
    except (OSError, ValueError) as error:
        raise BadAnswer(f"{path} is not readable JSON: {error}", "Repair or remove it") from error
    if not isinstance(manifest, dict) or not manifest.get("files"):
        return None
    return (listed(manifest, path), *filled_with(manifest, path))
