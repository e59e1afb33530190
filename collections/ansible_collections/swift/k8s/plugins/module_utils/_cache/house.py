# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Keeping house in a cache root: what is there, and taking out what is not wanted any more."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .._hub.names import revision_problem
from . import links
from .errors import CacheError, DamagedManifest, disk_error
from .layout import LOCK, Snapshot
from .lock import Lock, Patience
from .manifest import Manifest, read
from .verify import findings

KINDS = {"models": "model", "datasets": "dataset"}


class Entry(NamedTuple):
    """One snapshot on the disk. `manifest` is None while it is unfinished or when it is damaged (`problem`)."""

    snapshot: Snapshot
    manifest: Manifest | None
    problem: str
    #: seconds since the epoch of the last change of what is published
    published: float


def inventory(root: str) -> list[Entry]:
    """All snapshots below a root, by id and revision."""
    return sorted((_entry(snapshot) for snapshot in _snapshots(root)), key=lambda entry: entry.snapshot)


def without(entries: Sequence[Entry], ids: Sequence[str]) -> list[str]:
    """Which of the ids nothing is held of. Pure."""
    held = {entry.snapshot.id for entry in entries}
    return [each for each in ids if each not in held]


def described(entry: Entry, level: str) -> dict[str, Any]:
    """One snapshot in words and numbers, compared with its manifest at a level."""
    snapshot, manifest = entry.snapshot, entry.manifest
    found = findings(snapshot, manifest, level) if manifest else []
    harmful = [finding._asdict() for finding in found if finding.problem != "touched"]
    return {
        **named(snapshot),
        "resolved": manifest.commit if manifest else "",
        "hub": manifest.hub if manifest else "",
        "address": manifest.address if manifest else "",
        "path": snapshot.files,
        "linked": os.path.realpath(snapshot.link) == os.path.realpath(snapshot.files),
        "files": len(manifest.files) if manifest else 0,
        "bytes": manifest.bytes if manifest else 0,
        "disk_bytes": disk_bytes(snapshot),
        "pinned_by": dict(Counter(record.pinned_by for record in manifest.files)) if manifest else {},
        "complete": bool(manifest) and not harmful,
        "problem": entry.problem,
        "findings": harmful,
    }


def named(snapshot: Snapshot) -> dict[str, str]:
    return {"id": snapshot.id, "type": snapshot.kind, "revision": snapshot.revision}


def matching(entries: Sequence[Entry], wishes: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """The snapshots that a list of ids names; without a revision, all of an id. Pure."""

    def wanted(snapshot: Snapshot) -> bool:
        return any(
            (wish["id"], wish.get("type") or "model") == (snapshot.id, snapshot.kind)
            and (wish.get("revision") or snapshot.revision) == snapshot.revision
            for wish in wishes
        )

    return [entry for entry in entries if wanted(entry.snapshot)]


def remove_all(entries: Sequence[Entry], dry: bool = False) -> list[dict[str, str]]:
    """Take snapshots out, or only say which."""
    for entry in () if dry else entries:
        remove(entry.snapshot)
    return [named(entry.snapshot) for entry in entries]


def disk_bytes(snapshot: Snapshot) -> int:
    """What a snapshot and its unfinished work occupy."""
    total = 0
    for top in (snapshot.files, snapshot.work):
        for directory, _directories, names in os.walk(top):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(directory, name)).st_blocks * 512
    return total


def surplus(entries: Sequence[Entry], wanted: Collection[Snapshot], keep: int) -> list[Entry]:
    """What nobody declared, less the `keep` newest other revisions of each declared id. Pure."""
    declared = {(snapshot.kind, snapshot.id) for snapshot in wanted}
    spare: dict[tuple[str, str], int] = {}
    result = []
    for entry in sorted(entries, key=lambda entry: -entry.published):
        if entry.snapshot in wanted:
            continue
        key = (entry.snapshot.kind, entry.snapshot.id)
        if key in declared and spare.get(key, 0) < keep:
            spare[key] = spare.get(key, 0) + 1
            continue
        result.append(entry)
    return sorted(result, key=lambda entry: entry.snapshot)


def remove(snapshot: Snapshot, patience: Patience | None = None) -> bool:
    """Take a snapshot out: manifest first, so that nobody trusts what is being deleted. False when it is not there."""
    if not any(os.path.lexists(path) for path in (snapshot.files, snapshot.manifest, snapshot.work)):
        return False
    try:
        os.makedirs(snapshot.work, exist_ok=True)
        with Lock(os.path.join(snapshot.work, LOCK), patience) as lock:
            if not lock.try_acquire():
                raise CacheError(
                    f"{snapshot.id} at {snapshot.revision} is being seeded by {lock.holder or 'another process'}",
                    "Wait for it to end, or stop it",
                )
            with contextlib.suppress(FileNotFoundError):
                os.unlink(snapshot.manifest)
            links.remove(snapshot)
            if os.path.isdir(snapshot.files):
                shutil.rmtree(snapshot.files)
        shutil.rmtree(snapshot.work, ignore_errors=True)
        parents = [os.path.dirname(path) for path in (snapshot.work, snapshot.files, snapshot.manifest)]
        for path in (*parents, snapshot.repository):
            with contextlib.suppress(OSError):
                os.rmdir(path)
    except OSError as error:
        raise disk_error(error, snapshot.repository) from error
    return True


def _snapshots(root: str) -> Iterator[Snapshot]:
    """Repositories hold `manifests/<revision>.json`, or only `snapshots/` or `.seed/` while they are young."""
    for directory, kind in KINDS.items():
        for repository in _names(os.path.join(root, directory)):
            organisation, dashes, name = repository.partition("--")
            if not dashes:
                continue
            base = os.path.join(root, directory, repository)
            revisions = {
                found[: -len(".json")] for found in _names(os.path.join(base, "manifests")) if found.endswith(".json")
            }
            revisions.update(_names(os.path.join(base, "snapshots")), _names(os.path.join(base, ".seed")))
            # others are nobody's: without a name, `.json` would be all of the revisions
            for revision in sorted(each for each in revisions if not revision_problem(each)):
                yield Snapshot(root, f"{organisation}/{name}", kind, revision)


def _entry(snapshot: Snapshot) -> Entry:
    try:
        manifest = read(snapshot.manifest)
        problem = "" if manifest else "unfinished"
    except DamagedManifest as error:
        manifest, problem = None, error.message
    if manifest:
        snapshot = snapshot._replace(id=manifest.id, revision=manifest.revision)
    published = 0.0
    with contextlib.suppress(OSError):
        published = os.stat(snapshot.manifest if manifest else snapshot.repository).st_mtime
    return Entry(snapshot, manifest, problem, published)


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []
