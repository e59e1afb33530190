"""Repositories on disk: ROOT/<org>/<name>[@<revision>]/ for models, the same below ROOT/datasets/ for data sets.

The folder without @ is the default branch, which answers to `master` and to `main`. Another revision is a tag when its
name looks like a version (v1.0, 2.1), else a branch. Each also answers to its commit, a digest of its content.
Beside the folder, <name>.access says who may read: `private` (its existence is secret) or `gated` (only its bytes are).
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

DEFAULT_BRANCHES = ("master", "main")
SMALLEST_LFS = 1 << 20
_TAG = re.compile(r"v?\d[\w.]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ACCESS = ("private", "gated")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class RepoFile:
    """One file as a hub knows it: git's blob id, the sha256, and whether it is kept as LFS."""

    path: str
    location: str
    size: int
    sha256: str
    blob_id: str
    lfs: bool


@dataclass(frozen=True)
class Revision:
    """One state of a repository."""

    name: str
    files: dict[str, RepoFile]

    @cached_property
    def commit(self) -> str:
        digest = hashlib.sha1(usedforsecurity=False)
        for path, file in sorted(self.files.items()):
            digest.update(f"{path}\0{file.sha256}\n".encode())
        return digest.hexdigest()

    @cached_property
    def directories(self) -> list[str]:
        """Every directory, parents first."""
        found = {path[:end] for path in self.files for end, sign in enumerate(path) if sign == "/"}
        return sorted(found)


@dataclass
class Repository:
    """A model or a data set with its revisions."""

    kind: str
    id: str
    access: str = ""
    revisions: dict[str, Revision] = field(default_factory=dict)

    def revision(self, name: str) -> Revision | None:
        """By branch, tag or commit; an empty name means the default branch."""
        if not name or name in DEFAULT_BRANCHES:
            known = next((known for known in (name, "", *DEFAULT_BRANCHES) if known in self.revisions), None)
            return None if known is None else self.revisions[known]
        if name in self.revisions:
            return self.revisions[name]
        if _COMMIT.fullmatch(name):
            return next((known for known in self.revisions.values() if known.commit == name), None)
        return None

    def branches(self) -> list[str]:
        """Names a person sees, the default branch first."""
        named = [name for name in self.revisions if name and not _TAG.fullmatch(name)]
        return ["master", *named] if "" in self.revisions else named

    def tags(self) -> list[str]:
        """Revisions that do not move."""
        return [name for name in self.revisions if _TAG.fullmatch(name)]

    @property
    def number(self) -> int:
        """ModelScope's older clients ask for data sets by number."""
        return int.from_bytes(hashlib.sha256(self.id.encode()).digest()[:4], "big")


class Store:
    """Finds repositories, indexes each once, and remembers the hashes of files that have not changed since."""

    def __init__(self, root: str, extra: dict[str, str] | None = None, smallest_lfs: int = SMALLEST_LFS) -> None:
        self._root = root
        self._extra = extra or {}
        self._smallest_lfs = smallest_lfs
        self._lock = threading.Lock()
        self._repositories: dict[tuple[str, str], Repository] = {}
        self._hashes: dict[tuple[str, int, int], tuple[str, str]] = {}
        self._blobs: dict[str, RepoFile] = {}

    def reload(self) -> None:
        """Look at the disk again: contents, revisions and access may have changed."""
        with self._lock:
            self._repositories.clear()

    def find(self, kind: str, repo_id: str) -> Repository | None:
        """The repository, indexed on first use."""
        with self._lock:
            known = self._repositories.get((kind, repo_id))
            if known is None:
                known = self._index(kind, repo_id)
                if known is not None:
                    self._repositories[kind, repo_id] = known
            return known

    def find_number(self, kind: str, number: int) -> Repository | None:
        """A repository that was asked for by name before."""
        with self._lock:
            return next((r for (k, _), r in self._repositories.items() if k == kind and r.number == number), None)

    def blob(self, sha256: str) -> RepoFile | None:
        """A file that a redirect has named."""
        return self._blobs.get(sha256)

    def path(self, kind: str, repo_id: str, revision: str = "") -> str:
        """Where a revision's folder is or would be."""
        base = os.path.join(self._root, "datasets") if kind == "dataset" else self._root
        return os.path.join(base, repo_id) + (f"@{revision}" if revision else "")

    def _index(self, kind: str, repo_id: str) -> Repository | None:
        if ".." in repo_id or repo_id.count("/") != 1:
            return None
        folders = dict(self._folders(self.path(kind, repo_id)))
        if kind == "model" and repo_id in self._extra:
            folders[""] = self._extra[repo_id]
        if not folders:
            return None
        repository = Repository(kind, repo_id, _access(self.path(kind, repo_id)))
        for name, folder in sorted(folders.items()):
            repository.revisions[name] = Revision(name, {file.path: file for file in self._files(folder)})
        return repository

    def _folders(self, base: str) -> Iterator[tuple[str, str]]:
        parent, name = os.path.split(base)
        if not os.path.isdir(parent):
            return
        for entry in os.scandir(parent):
            found, at, revision = entry.name.partition("@")
            if found == name and entry.is_dir() and bool(at) == bool(revision):
                yield revision.replace("--", "/"), entry.path

    def _files(self, folder: str) -> Iterator[RepoFile]:
        for directory, children, names in os.walk(folder):
            children.sort()
            for name in sorted(names):
                location = os.path.join(directory, name)
                relative = os.path.relpath(location, folder).replace(os.sep, "/")
                file = self._file(relative, location)
                self._blobs[file.sha256] = file
                yield file

    def _file(self, relative: str, location: str) -> RepoFile:
        status = os.stat(location)
        key = (location, status.st_size, status.st_mtime_ns)
        if key not in self._hashes:
            self._hashes[key] = hashes(location, status.st_size)
        sha256, blob_id = self._hashes[key]
        return RepoFile(relative, location, status.st_size, sha256, blob_id, status.st_size >= self._smallest_lfs)


def hashes(location: str, size: int) -> tuple[str, str]:
    """The sha256 and git's blob id, in one pass."""
    plain, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with open(location, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            plain.update(chunk)
            blob.update(chunk)
    return plain.hexdigest(), blob.hexdigest()


def _access(base: str) -> str:
    try:
        with open(f"{base}.access", encoding="utf-8") as stream:
            word = stream.read().strip()
    except FileNotFoundError:
        return ""
    if word not in _ACCESS:
        raise ValueError(f"{base}.access says {word!r}: write one of {', '.join(_ACCESS)}")
    return word
