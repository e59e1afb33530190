# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Listing x manifest x disk -> actions. No I/O: everything known is an argument, everything to do is the answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Union

from .._hub.listing import RemoteFile, selected
from .manifest import Record, Records


class Seen(NamedTuple):
    """A regular file as it lies on the disk."""

    size: int
    mtime_ns: int


#: a file on the disk; where it is as we left it, our record of it says the same
OnDisk = Union[Seen, Record]


class Observed(NamedTuple):
    """`records` is what we published (manifest and journal), `ready` what is verified but not yet swapped in,
    `parts` the bytes kept of unfinished files, `damaged` what a verification proved wrong."""

    files: Mapping[str, OnDisk]
    records: Mapping[str, Record]
    ready: Mapping[str, Record] = {}
    parts: Mapping[str, int] = {}
    damaged: frozenset[str] = frozenset()
    #: sha256 -> where another revision has the same content, and its record
    donors: Mapping[str, tuple[str, Record]] = {}


class Reuse(NamedTuple):
    """Content that another revision of this repository brought over the link already."""

    file: RemoteFile
    source: str
    record: Record


class Fetch(NamedTuple):
    file: RemoteFile
    why: str
    #: bytes that an earlier attempt left
    kept: int


class Plan(NamedTuple):
    keep: tuple[Record, ...] = ()
    #: right size, but nobody vouches: hash, then keep or fetch
    check: tuple[RemoteFile, ...] = ()
    fetch: tuple[Fetch, ...] = ()
    reuse: tuple[Reuse, ...] = ()
    #: verified replacements of an interrupted run
    swap: tuple[Record, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def bytes_to_fetch(self) -> int:
        """Over the link and onto the disk: what is replaced stays until its replacement is verified."""
        return sum(fetch.file.size - fetch.kept for fetch in self.fetch)

    @property
    def work(self) -> bool:
        return bool(self.check or self.fetch or self.reuse or self.swap or self.remove)


def decide(listing: Sequence[RemoteFile], include: Sequence[str], exclude: Sequence[str], observed: Observed) -> Plan:
    """What brings the disk to the listing."""
    keep: list[Record] = []
    check: list[RemoteFile] = []
    fetch: list[Fetch] = []
    reuse: list[Reuse] = []
    swap: list[Record] = []
    for file in listing:
        if not selected(file.path, include, exclude):
            continue
        ready = observed.ready.get(file.path)
        record = observed.records.get(file.path)
        if ready and same_content(file, ready):
            swap.append(ready)
        elif record and same_content(file, record) and holds(record, observed):
            keep.append(record)
        elif _may_be(file, record, observed):
            check.append(file)
        elif file.sha256 in observed.donors and file.path not in observed.damaged:
            reuse.append(Reuse(file, *observed.donors[file.sha256]))
        else:
            fetch.append(_fetch(file, record, observed))
    kept_apart: list[Record] = []
    remove: list[str] = []
    if len(keep) < len(observed.records):
        renewed = {each.path for each in check} | {each.path for each in swap}
        renewed |= {each.file.path for each in fetch} | {each.file.path for each in reuse}
        kept_apart, remove = _unwanted(listing, renewed, Records(tuple(sorted(keep)), {}), observed)
    return Plan(tuple(keep + kept_apart), tuple(check), tuple(fetch), tuple(reuse), tuple(swap), tuple(remove))


def same_content(file: RemoteFile, record: Record) -> bool:
    """Whether the record is of what the hub lists now."""
    if file.size != record.size:
        return False
    if file.sha256:
        return file.sha256 == record.sha256
    return file.tag == record.tag


def untouched(record: Record, seen: OnDisk | None) -> bool:
    """The cheap check: size and time of change are those that we left."""
    return seen is not None and (seen.size, seen.mtime_ns) == (record.size, record.mtime_ns)


def holds(record: Record, observed: Observed) -> bool:
    """Whether the file lies there as this record has it, and is the newest that we put there."""
    if record.path in observed.damaged or observed.records.get(record.path) != record:
        return False
    return untouched(record, observed.files.get(record.path))


def _may_be(file: RemoteFile, record: Record | None, observed: Observed) -> bool:
    """A file of the right size that was put there by others, or touched: hashing it costs less than the link."""
    seen = observed.files.get(file.path)
    if seen is None or seen.size != file.size or file.path in observed.damaged:
        return False
    if record and untouched(record, seen):
        return False
    if file.sha256 or file.tag.startswith("git:"):
        return True
    return record is not None and same_content(file, record)


def _fetch(file: RemoteFile, record: Record | None, observed: Observed) -> Fetch:
    seen = observed.files.get(file.path)
    if file.path in observed.damaged:
        why = "damaged"
    elif seen is None:
        why = "missing"
    elif record and not same_content(file, record):
        why = "changed upstream"
    else:
        why = "wrong size"
    return Fetch(file, why, min(observed.parts.get(file.path, 0), file.size))


def _unwanted(
    listing: Sequence[RemoteFile], renewed: Collection[str], kept: Records, observed: Observed
) -> tuple[list[Record], list[str]]:
    """Our files outside the wish: kept while the hub still lists them as they are (another wish may have brought them),
    removed when it does not. Files that we did not publish are nobody's business."""
    outside = [path for path in observed.records if path not in renewed and path not in kept and path in observed.files]
    listed = {file.path: file for file in listing} if outside else {}
    apart: list[Record] = []
    removed: list[str] = []
    for path in sorted(outside):
        record, file = observed.records[path], listed.get(path)
        if file and same_content(file, record) and path not in observed.damaged:
            apart.append(record)
        else:
            removed.append(path)
    return apart, removed
