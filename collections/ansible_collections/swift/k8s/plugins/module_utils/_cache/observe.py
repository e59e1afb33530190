# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One look at the disk: a snapshot's files, our records of them, and what an interrupted run left."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator, Mapping

from . import manifest as manifests
from .errors import CacheError, DamagedManifest
from .journal import Journal
from .layout import Snapshot
from .manifest import Manifest, Record
from .parts import kept_bytes
from .plan import Observed, OnDisk, Seen, untouched


def manifest_of(snapshot: Snapshot) -> tuple[Manifest | None, str]:
    """The manifest, and the reason why there is none if that is worth telling."""
    try:
        return manifests.read(snapshot.manifest), ""
    except DamagedManifest as error:
        return None, str(error)


def observe(snapshot: Snapshot, manifest: Manifest | None, damaged: frozenset[str] = frozenset()) -> Observed:
    records: dict[str, Record] = {record.path: record for record in manifest.files} if manifest else {}
    files = dict(_told_by_records(snapshot, records))
    journal = {record.path: record for record in Journal(snapshot.work).read()}
    ready: dict[str, Record] = {}
    for path, record in journal.items():
        if untouched(record, files.get(path)):
            records[path] = record
        elif untouched(record, look(snapshot.ready(path))):
            ready[path] = record
    return Observed(files, records, ready, kept_bytes(snapshot.work), damaged)


def _told_by_records(snapshot: Snapshot, records: Mapping[str, Record]) -> Iterator[tuple[str, OnDisk]]:
    """What lies there; where it is as recorded, the record itself: 50,000 more would not fit the memory we promise."""
    for path, seen in walk(snapshot.files):
        record = records.get(path)
        yield (record.path, record) if record and untouched(record, seen) else (sys.intern(path), seen)


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
