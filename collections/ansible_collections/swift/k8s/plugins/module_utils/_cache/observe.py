# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One look at the disk: a snapshot's files, our records of them, and what an interrupted run left."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from . import manifest as manifests
from .errors import CacheError, DamagedManifest
from .journal import Journal
from .layout import Snapshot
from .manifest import Manifest, Record, Records, position
from .parts import kept_bytes
from .plan import Observed, OnDisk, Seen, untouched


def manifest_of(snapshot: Snapshot) -> tuple[Manifest | None, str]:
    """The manifest, and the reason why there is none if that is worth telling."""
    try:
        return manifests.read(snapshot.manifest), ""
    except DamagedManifest as error:
        return None, str(error)


def observe(snapshot: Snapshot, manifest: Manifest | None, damaged: frozenset[str] = frozenset()) -> Observed:
    newer: dict[str, Record] = {}
    recorded = manifest.files if manifest else ()
    records = Records(recorded, newer)
    files = Disk(recorded, walk(snapshot.files))
    journal = {record.path: record for record in Journal(snapshot.work).read()}
    ready: dict[str, Record] = {}
    for path, record in journal.items():
        if untouched(record, files.get(path)):
            newer[path] = record
        elif untouched(record, look(snapshot.ready(path))):
            ready[path] = record
    return Observed(files, records, ready, kept_bytes(snapshot.work), damaged)


class Disk(Mapping[str, OnDisk]):
    """What lies there, by path; a mark for each file that is as recorded: a dict would not fit into what we promise."""

    def __init__(self, recorded: Sequence[Record], found: Iterable[tuple[str, Seen]]) -> None:
        self._recorded = recorded
        self._marks = bytearray(len(recorded))
        self._others: dict[str, Seen] = {}
        for path, seen in found:
            at = position(recorded, path)
            if at >= 0 and untouched(recorded[at], seen):
                self._marks[at] = 1
            else:
                self._others[sys.intern(path)] = seen

    def __getitem__(self, path: str) -> OnDisk:
        at = position(self._recorded, path)
        return self._recorded[at] if at >= 0 and self._marks[at] else self._others[path]

    def __iter__(self) -> Iterator[str]:
        yield from (record.path for record, mark in zip(self._recorded, self._marks) if mark)
        yield from self._others

    def __len__(self) -> int:
        return sum(self._marks) + len(self._others)


def donors_for(snapshot: Snapshot) -> dict[str, tuple[str, Record]]:
    """What other revisions of the repository hold, unharmed as far as size and time tell."""
    found: dict[str, tuple[str, Record]] = {}
    directory = os.path.dirname(snapshot.manifest)
    for name in os.listdir(directory) if os.path.isdir(directory) else ():
        path = os.path.join(directory, name)
        if path == snapshot.manifest or not name.endswith(".json"):
            continue
        with contextlib.suppress(DamagedManifest):
            other = manifests.read(path)
            donor = snapshot._replace(revision=other.revision) if other else snapshot
            for record in other.files if other else ():
                if record.pinned_by == "hub" and untouched(record, look(donor.file(record.path))):
                    found[record.sha256] = (donor.file(record.path), record)
    return found


def look(path: str) -> Seen | None:
    try:
        facts = os.lstat(path)
    except OSError:
        return None
    return Seen(facts.st_size, facts.st_mtime_ns) if stat.S_ISREG(facts.st_mode) else None


def walk(root: str, below: str = "") -> Iterator[tuple[str, Seen]]:
    """Regular files below `root`. A link to a directory would let a listed path leave the snapshot: refused."""
    try:
        entries = os.scandir(os.path.join(root, below))
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_symlink() and entry.is_dir():
                raise CacheError(
                    f"{os.path.join(root, path)} is a link to a directory", "Remove the link; nothing else writes here"
                )
            facts = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(facts.st_mode):
                yield from walk(root, path)
            elif stat.S_ISREG(facts.st_mode):
                yield path, Seen(facts.st_size, facts.st_mtime_ns)
