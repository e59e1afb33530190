# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a snapshot holds and who vouches for it. JSON, one file a line, so that it can be read, diffed and served."""

from __future__ import annotations

import bisect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TextIO

from .._hub.listing import path_problem
from .._hub.names import id_problem, is_commit, revision_problem
from .errors import DamagedManifest
from .files import write_atomically

VERSION = 1
#: who says that a sha256 is right: the hub's listing, the hub's git blob id, or only our own first download
PINNED_BY = ("hub", "git", "us")


class Record(NamedTuple):
    """One file as we published it. `sample` is the digest of a few slices, for the quick check."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    pinned_by: str
    tag: str = ""
    sample: str = ""


class Manifest(NamedTuple):
    id: str
    kind: str
    revision: str
    commit: str
    hub: str
    address: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    files: tuple[Record, ...]

    @property
    def bytes(self) -> int:
        return sum(record.size for record in self.files)


def position(files: Sequence[Record], path: str) -> int:
    """Where the record of a path is among sorted ones, -1 for nowhere: a dict would not fit the memory we promise."""
    at = bisect.bisect_left(files, (path,))
    return at if at < len(files) and files[at].path == path else -1


class Records(Mapping[str, Record]):
    """By path: those of a manifest, which are sorted, and newer ones that win over them."""

    def __init__(self, files: Sequence[Record], newer: Mapping[str, Record]) -> None:
        self._files = files
        self._newer = newer

    def __getitem__(self, path: str) -> Record:
        if path in self._newer:
            return self._newer[path]
        at = position(self._files, path)
        if at < 0:
            raise KeyError(path)
        return self._files[at]

    def __iter__(self) -> Iterator[str]:
        yield from self._newer
        yield from (record.path for record in self._files if record.path not in self._newer)

    def __len__(self) -> int:
        return sum(1 for _path in self)


#: the same strings appear in the listing, on the disk, or in every other record
_REPEATED = ("path", "sha256", "pinned_by", "tag")
_BEFORE_FILES, _AFTER_FILES = ', "files": [\n', "]}\n"
_WORDS = ("id", "kind", "revision", "commit", "hub", "address")


def write(path: str, manifest: Manifest) -> None:
    """Last of all, in one rename: a manifest that can be seen speaks of files that can be read."""
    head = {"version": VERSION, **{name: value for name, value in manifest._asdict().items() if name != "files"}}
    with write_atomically(path) as stream:
        stream.write(json.dumps(head, ensure_ascii=False)[:-1] + _BEFORE_FILES)
        last = len(manifest.files) - 1
        for number, record in enumerate(manifest.files):
            stream.write(encode(record) + (",\n" if number < last else "\n"))
        stream.write(_AFTER_FILES)


def read(path: str) -> Manifest | None:
    """The manifest, None when there is none; a damaged one is an error that the planner can live with."""
    try:
        with open(path, encoding="utf-8") as stream:
            data = _parsed(stream)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DamagedManifest(
            f"manifest {path} cannot be read: {error}", "Seed again: files are checked and kept"
        ) from error
    return _manifest(data, path)


def encode(record: Record) -> str:
    return json.dumps(record._asdict(), ensure_ascii=False)


def decode(line: str) -> Record | None:
    """A journal line, None when it is torn."""
    try:
        found = json.loads(line, object_hook=_record_or_dict)
    except ValueError:
        return None
    return found if isinstance(found, Record) else None


def filters_equal(manifest: Manifest, include: Iterable[str], exclude: Iterable[str]) -> bool:
    return manifest.include == tuple(include) and manifest.exclude == tuple(exclude)


def _parsed(stream: TextIO) -> Any:
    """Line by line where it lies there as we write it: 50,000 files at once would not fit the memory we promise."""
    head = stream.readline()
    if not head.endswith(_BEFORE_FILES):
        return json.loads(head + stream.read(), object_hook=_record_or_dict)
    files: list[Any] = []
    for line in stream:
        if line == _AFTER_FILES:
            return {**json.loads(head[: -len(_BEFORE_FILES)] + "}"), "files": files}
        files.append(json.loads(line.rstrip(",\n"), object_hook=_record_or_dict))
    raise ValueError("it ends in the middle")


def _record_or_dict(found: dict[str, Any]) -> Any:
    """File entries become records while they are parsed: 50,000 dicts would not fit the memory we promise."""
    if "mtime_ns" not in found:
        return found
    try:
        words = {name: sys.intern(found[name]) for name in _REPEATED if name in found}
        return Record(**{**{name: found[name] for name in Record._fields if name in found}, **words})
    except TypeError as error:
        raise ValueError(f"file entry {found!r} lacks a field") from error


def _manifest(data: Any, path: str) -> Manifest:
    try:
        if data["version"] != VERSION:
            raise DamagedManifest(
                f"manifest {path} has version {data['version']}, this engine writes {VERSION}",
                "Use the engine that wrote it, or seed again",
            )
        files = tuple(sorted(data["files"]))
        if not all(isinstance(record, Record) and not path_problem(record.path) for record in files):
            raise ValueError("an entry of files is not usable")
        words = {name: str(data[name]) for name in _WORDS}
        # all three become names of directories, also of those that are removed
        if id_problem(words["id"]) or revision_problem(words["revision"]) or not is_commit(words["commit"]):
            raise ValueError("id, revision or commit is not usable")
        return Manifest(include=tuple(data["include"]), exclude=tuple(data["exclude"]), files=files, **words)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedManifest(
            f"manifest {path} is not ours: {error}", "Seed again: files are checked and kept"
        ) from error
