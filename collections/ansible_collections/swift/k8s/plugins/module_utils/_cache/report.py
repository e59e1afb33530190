# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run did, for the module's result, the last event, and the record on disk."""

from __future__ import annotations

import datetime as dt
import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from . import files
from .errors import disk_error
from .layout import Snapshot
from .meter import Meter
from .plan import Plan


class Change(NamedTuple):
    """One thing to do, or done: fetch, check, swap or remove."""

    action: str
    path: str
    bytes: int
    why: str


class Outcome(NamedTuple):
    """One model. `error` is None when it is complete in the cache."""

    snapshot: Snapshot
    #: what to give to an engine: the link where there is one, else the snapshot itself
    path: str
    commit: str = ""
    hub: str = ""
    #: what is to be done, or was
    plan: Plan = Plan()
    linked: bool = True
    written: bool = True
    files: int = 0
    bytes: int = 0
    files_fetched: int = 0
    bytes_fetched: int = 0
    bytes_resumed: int = 0
    warnings: tuple[str, ...] = ()
    error: Exception | None = None

    @property
    def changed(self) -> bool:
        return bool(self.plan.work or not self.linked or not self.written)

    @property
    def changes(self) -> tuple[Change, ...]:
        """The plan as people read it, made when it is asked for; also what check mode and diff print."""
        return tuple(_changes(self))


def _changes(outcome: Outcome) -> Iterator[Change]:
    plan = outcome.plan
    for fetch in plan.fetch:
        yield Change("fetch", fetch.file.path, fetch.file.size - fetch.kept, fetch.why)
    for file in plan.check:
        yield Change("check", file.path, 0, "found without a record; hashed, fetched only if wrong")
    for reuse in plan.reuse:
        yield Change("reuse", reuse.file.path, 0, f"the same bytes are at {reuse.source}")
    for record in plan.swap:
        yield Change("swap", record.path, 0, "verified by an interrupted run")
    for path in plan.remove:
        yield Change("remove", path, 0, "deleted upstream")
    if not outcome.linked:
        yield Change("link", "", 0, "the links for other clients are not there")
    elif not outcome.written and not plan.work:
        yield Change("record", "", 0, "the manifest is not there or out of date")


def result(outcome: Outcome, with_changes: bool = True) -> dict[str, Any]:
    """One model as the module returns it; logs and records of large repositories do without the list of changes."""
    snapshot = outcome.snapshot
    return {
        "id": snapshot.id,
        "type": snapshot.kind,
        "revision": snapshot.revision,
        "resolved": outcome.commit,
        "hub": outcome.hub,
        "path": outcome.path,
        "changed": outcome.changed,
        "files": outcome.files,
        "bytes": outcome.bytes,
        "files_fetched": outcome.files_fetched,
        "bytes_fetched": outcome.bytes_fetched,
        "bytes_resumed": outcome.bytes_resumed,
        "changes": [change._asdict() for change in outcome.changes] if with_changes else [],
        "warnings": list(outcome.warnings),
        "error": str(outcome.error) if outcome.error else "",
    }


def planned(outcome: Outcome) -> dict[str, Any]:
    """The event that says what a model will cost."""
    return {
        "event": "plan",
        "model": outcome.snapshot.id,
        "revision": outcome.snapshot.revision,
        "resolved": outcome.commit,
        "path": outcome.path,
        "files": len(outcome.plan.fetch),
        "bytes": outcome.plan.bytes_to_fetch,
        "kept_bytes": sum(fetch.kept for fetch in outcome.plan.fetch),
    }


def check_directory(directory: str) -> None:
    """A record that cannot be written is said before the first byte, not after the last."""
    files.make_directory(directory)
    if not os.access(directory, os.W_OK):
        raise disk_error(PermissionError(errno.EACCES, os.strerror(errno.EACCES)), directory)


def write_record(directory: str, outcomes: tuple[Outcome, ...], meter: Meter, now: dt.datetime | None = None) -> str:
    """The record of a run: totals, the files that took longest, the rate against the limit over time."""
    moment = now or dt.datetime.now(dt.timezone.utc)
    path = os.path.join(directory, f"seed-{moment:%Y%m%dT%H%M%SZ}-{os.getpid()}.json")
    record = {
        "version": 1,
        "finished": moment.isoformat(timespec="seconds"),
        "seconds": round(meter.seconds(), 3),
        "bytes_received": meter.bytes_received,
        "bytes_resumed": meter.bytes_resumed,
        "models": [result(outcome, with_changes=False) for outcome in outcomes],
        "files": [timed._asdict() for timed in meter.files],
        "samples": [sample._asdict() for sample in meter.samples],
    }
    with files.write_atomically(path) as stream:
        files.dump_json(record, stream)
    return path


def diff(outcomes: Iterable[Outcome], removed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What --diff prints: one line a file, with its bytes and the reason."""
    before, after = [], []
    for outcome in outcomes:
        for change in outcome.changes:
            name = f"{outcome.snapshot.id} {change.path}".rstrip()
            if change.action == "remove":
                before.append(f"{name} ({change.why})")
            else:
                after.append(f"{name} {change.action} {change.bytes} bytes ({change.why})")
    before += [f"{each['id']} at {each['revision']}" for each in removed]
    return {"before": "".join(f"{line}\n" for line in before), "after": "".join(f"{line}\n" for line in after)}
