# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One snapshot under its lock: check, fetch, swap, remove, link, and at the very end the manifest."""

from __future__ import annotations

import contextlib
import functools
import os
import queue
import shutil
import threading
import time
from typing import NamedTuple

from .._hub.base import Hub
from .._hub.errors import HubError
from .._hub.listing import RemoteFile
from . import links, manifest
from .bucket import Bucket
from .errors import CacheError, disk_error
from .events import Emit
from .fetch import Tools, fetch, verdict
from .files import git_sha1_of, make_directory, remove_empty_parents, sample_of, sha256_of, sync_directory
from .layout import Snapshot
from .lock import Lock
from .manifest import Manifest, Record
from .meter import Meter
from .observe import look
from .parts import Part
from .place import place
from .plan import Fetch, Reuse
from .prepare import Prepared
from .report import Outcome
from .spec import Spec

HEAR_SECONDS = 0.5


class Work(NamedTuple):
    """What the engine lends to each model."""

    spec: Spec
    bucket: Bucket | None
    meter: Meter
    stop: threading.Event
    lock: Lock
    emit: Emit


class Brought(NamedTuple):
    """Files that are in place now and were not before; `fetched` of them came from the hub."""

    files: int
    bytes: int
    fetched: int
    error: Exception | None


def bring(item: Prepared, work: Work) -> Outcome:
    """Carry the plan out. Whatever fails, what was verified stays and is found by the next run."""
    before = work.meter.bytes_received, work.meter.bytes_resumed
    brought = _carry_out(item, work)
    outcome = item.outcome()
    return outcome._replace(
        files=outcome.files + brought.files,
        bytes=outcome.bytes + brought.bytes,
        files_fetched=brought.fetched,
        bytes_fetched=work.meter.bytes_received - before[0],
        bytes_resumed=work.meter.bytes_resumed - before[1],
        error=brought.error,
    )


def _carry_out(item: Prepared, work: Work) -> Brought:
    """The records of 50,000 files do not outlive the manifest that is made of them."""
    snapshot, plan = item.wish.snapshot, item.plan
    adopted, suspect = _check(snapshot, plan.check)
    reused, unlinked = _reuse(snapshot, plan.reuse)
    fetched, error = _fetch_all(item, [*plan.fetch, *suspect, *unlinked], work)
    brought = [*adopted, *reused, *plan.swap, *fetched]
    if error is None:
        try:
            _finish(item, tuple(sorted((*plan.keep, *brought))), work)
        except CacheError as failure:
            error = failure
    return Brought(len(brought), sum(record.size for record in brought), len(fetched), error)


def _check(snapshot: Snapshot, found: tuple[RemoteFile, ...]) -> tuple[list[Record], list[Fetch]]:
    """Files that somebody else put there: hashed, then taken over or fetched."""
    adopted: list[Record] = []
    suspect: list[Fetch] = []
    for file in found:
        path = snapshot.file(file.path)
        seen = look(path)
        sha256 = sha256_of(path) if seen else ""
        git_sha1 = git_sha1_of(path) if seen and file.tag.startswith("git:") else ""
        pinned_by = verdict(file, sha256, git_sha1)
        if seen and pinned_by:
            adopted.append(Record(file.path, seen.size, seen.mtime_ns, sha256, pinned_by, file.tag, sample_of(path)))
        else:
            suspect.append(Fetch(file, "damaged", 0))
    return adopted, suspect


def _reuse(snapshot: Snapshot, found: tuple[Reuse, ...]) -> tuple[list[Record], list[Fetch]]:
    """A second name for the same bytes; where the file system has no hard links, they are fetched after all."""
    reused: list[Record] = []
    failed: list[Fetch] = []
    for file, source, donor in found:
        record = donor._replace(path=file.path, tag=file.tag)
        try:
            place(snapshot, record, functools.partial(os.link, source))
            reused.append(record)
        except OSError:
            failed.append(Fetch(file, "missing", 0))
    return reused, failed


def _fetch_all(item: Prepared, wanted: list[Fetch], work: Work) -> tuple[list[Record], Exception | None]:
    """Large files first, so that none is left alone at the end. The first error stops the rest softly."""
    todo: queue.SimpleQueue[Fetch] = queue.SimpleQueue()
    for each in sorted(wanted, key=lambda fetch: -fetch.file.size):
        todo.put(each)
    fetched: list[Record] = []
    errors: list[Exception] = []

    def run() -> None:
        while not errors:
            try:
                each = todo.get_nowait()
            except queue.Empty:
                return
            try:
                fetched.append(_fetch_one(item, each, work))
            except OSError as error:
                errors.append(disk_error(error, item.wish.snapshot.work))
            except Exception as error:
                errors.append(error)

    workers = [
        threading.Thread(target=run, name=f"worker-{number}") for number in range(min(work.spec.workers, len(wanted)))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        _join(worker)
    for error in errors:
        if not isinstance(error, (CacheError, HubError)):
            raise error
    return fetched, errors[0] if errors else None


def _join(worker: threading.Thread) -> None:
    """Wait for it in steps: the kernel may give SIGTERM to a worker, on which only the main thread acts, once awake."""
    while worker.is_alive():
        worker.join(HEAR_SECONDS)


def _fetch_one(item: Prepared, each: Fetch, work: Work) -> Record:
    work.lock.check()
    snapshot, file, started = item.wish.snapshot, each.file, time.monotonic()
    hub: Hub = _required(item)

    def noted(path: str, error: HubError, pause: float) -> None:
        work.emit(
            {
                "event": "retry",
                "model": snapshot.id,
                "file": path,
                "message": error.message,
                "wait_seconds": round(pause, 3),
            }
        )

    bucket = None if hub.local else work.bucket
    tools = Tools(bucket, work.spec.workers, work.meter, work.spec.policy, work.stop, noted)
    part = Part(snapshot.part(file.path), file, item.commit, hub.address)
    with work.meter.fetching(snapshot.id, file.path):
        record = fetch(hub, file, part, lambda done, verified: place(snapshot, verified, done.finished), tools)
    work.meter.file(snapshot.id, file.path, file.size, started)
    work.emit(
        {
            "event": "file",
            "model": snapshot.id,
            "path": record.path,
            "size": record.size,
            "sha256": record.sha256,
            "pinned_by": record.pinned_by,
            "seconds": round(time.monotonic() - started, 3),
        }
    )
    return record


def _required(item: Prepared) -> Hub:
    if item.hub is None:
        raise CacheError(f"{item.wish.snapshot.id} needs files and no hub answered", "Run again when a hub answers")
    return item.hub


def _finish(item: Prepared, records: tuple[Record, ...], work: Work) -> None:
    snapshot = item.wish.snapshot
    work.lock.check()
    try:
        for path in item.plan.remove:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(snapshot.file(path))
            remove_empty_parents(snapshot.file(path), snapshot.files)
        for record in records:
            ready = snapshot.ready(record.path)
            if os.path.lexists(ready):
                make_directory(os.path.dirname(snapshot.file(record.path)))
                os.replace(ready, snapshot.file(record.path))
        for directory in {os.path.dirname(snapshot.file(record.path)) for record in records}:
            sync_directory(directory)
    except OSError as error:
        raise disk_error(error, snapshot.files) from error
    wish = item.wish
    written = Manifest(
        snapshot.id,
        snapshot.kind,
        snapshot.revision,
        item.commit,
        *((item.hub.name.split()[0], item.hub.address) if item.hub else _origin(item)),
        wish.include,
        wish.exclude,
        records,
    )
    manifest.write(snapshot.manifest, written)
    if item.visible:
        links.make(snapshot, written)
    _forget_work(snapshot)


def _origin(item: Prepared) -> tuple[str, str]:
    return (item.manifest.hub, item.manifest.address) if item.manifest else ("", "")


def _forget_work(snapshot: Snapshot) -> None:
    """The manifest says it all now; only the lock, still held, is left to its owner."""
    for name in os.listdir(snapshot.work):
        if name != "lock":
            path = os.path.join(snapshot.work, name)
            if os.path.isdir(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(path)
