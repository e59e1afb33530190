# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a repository holds: plain data, the checks every listing must pass, and the user's selection from it."""

from __future__ import annotations

import fnmatch
import hashlib
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .errors import BadAnswer, UnsafePath
from .names import OLD_MARKS

#: the name our own unfinished files carry; a repository may not bring one
RESERVED_SUFFIXES = (".part",)


class RemoteFile(NamedTuple):
    """One file. `tag` is the hub's own mark of the content where it has no sha256: `git:<blob sha1>`, `mtime:<ns>`."""

    path: str
    size: int
    sha256: str = ""
    tag: str = ""


class Listing(NamedTuple):
    """`files` is None when the hub says that `commit` is the one the caller already knows.

    Paths are as the hub gave them: nothing may be written before `checked` has seen what was selected.
    """

    commit: str
    files: tuple[RemoteFile, ...] | None
    #: the patterns by which a cache of ours, served as a hub, was narrowed when it was filled
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def covers(self, include: Sequence[str], exclude: Sequence[str]) -> bool:
        """Whether nothing that these patterns wish can be missing."""
        return (self.include, self.exclude) in {((), ()), (tuple(include), tuple(exclude))}


def checked(files: Iterable[RemoteFile]) -> tuple[RemoteFile, ...]:
    """Refuse files of which one could leave its directory or overwrite another; sort them."""
    seen: dict[str, str] = {}
    directories: dict[str, str] = {}
    result: list[RemoteFile] = sorted(files)
    for file in result:
        problem = path_problem(file.path)
        if problem:
            raise UnsafePath(
                f"the hub lists the path {file.path!r}, which {problem}",
                "Nothing was written; exclude the file or tell the repository's owner",
            )
        if file.size < 0:
            raise BadAnswer(f"the hub gives no usable size for {file.path!r}")
        # nearly always the path itself: no second copy of 50,000 of them
        folded = sys.intern(unicodedata.normalize("NFC", file.path.casefold()))
        if folded in seen:
            raise UnsafePath(
                f"the hub lists {seen[folded]!r} and {file.path!r}, which are one file where case or "
                "the form of an accent does not count",
                "Exclude one of the two",
            )
        seen[folded] = file.path
        for end in (i for i, char in enumerate(folded) if char == "/"):
            directories.setdefault(folded[:end], file.path)
    for folded, inside in directories.items():
        if folded in seen:
            raise UnsafePath(
                f"the hub lists {seen[folded]!r} as a file, and {inside!r} inside it", "Exclude one of the two"
            )
    return tuple(result)


def path_problem(path: str) -> str:
    """Why a listed path is refused, or an empty string."""
    if not path:
        return "is empty"
    if path.startswith(("/", "\\")) or (len(path) > 1 and path[1] == ":"):
        return "is absolute"
    if "\\" in path or any(unicodedata.category(char) in ("Cc", "Cs") for char in path):
        return "holds a backslash, a control character or one that is not Unicode"
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty, '.' or '..' component"
    if any(len(part.encode("utf-8", "surrogatepass")) > 255 for part in parts):
        return "has a component longer than 255 bytes"
    if path.endswith(RESERVED_SUFFIXES):
        return "ends like an unfinished download of ours"
    return ""


def selected(path: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether the user's patterns take a path: no include means everything, exclude wins.

    A pattern matches the whole path or the base name; `*` crosses directories; a trailing slash means the directory.
    Marks of ModelScope's old clients, which people upload with their models, are never taken: ours are in their place.
    """
    if path in OLD_MARKS:
        return False
    if include and not any(_matches(path, pattern) for pattern in include):
        return False
    return not any(_matches(path, pattern) for pattern in exclude)


def selecting_nothing(files: Sequence[RemoteFile], include: Sequence[str]) -> list[str]:
    """The patterns that match no file: most likely mistyped."""
    return [pattern for pattern in include if not any(_matches(file.path, pattern) for file in files)]


def _matches(path: str, pattern: str) -> bool:
    if pattern.endswith("/"):
        pattern += "*"
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path.rsplit("/", 1)[-1], pattern)


def digest(files: Iterable[RemoteFile]) -> str:
    """A name for the content of a listing, for hubs that have no commit."""
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.path}\0{file.size}\0{file.sha256 or file.tag}\n".encode("utf-8", "surrogatepass"))
    return "listing-" + total.hexdigest()[:40]
