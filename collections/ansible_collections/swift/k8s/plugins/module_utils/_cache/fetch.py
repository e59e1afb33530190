# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One file from a hub to its place: continue, limit, hash, verify, make durable, publish."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from .._hub.base import Body, Hub
from .._hub.errors import BadAnswer, Cut, HubError, RangeRefused
from .._hub.listing import RemoteFile
from .._hub.retry import Budget, Policy
from .bucket import Bucket
from .errors import Stopped, WrongBytes, disk_error
from .files import sample_of, write_all
from .hashing import BUFFER_BYTES, Digest
from .manifest import Record
from .meter import Meter
from .parts import Part

#: whole downloads of one file that may turn out wrong before the hub is blamed
WRONG_BYTES_TRIES = 3
#: a slow link must not hold back progress and kill-safety until a buffer is full
FLUSH_SECONDS = 0.5


class Tools(NamedTuple):
    """What all files of a run share."""

    bucket: Bucket | None
    #: files at once, which share the limit
    streams: int
    meter: Meter
    policy: Policy
    stop: threading.Event
    noted: Callable[[str, HubError, float], None]


def fetch(hub: Hub, file: RemoteFile, part: Part, commit_bytes: Callable[[Part, Record], None], tools: Tools) -> Record:
    """Bring one file and publish it through `commit_bytes`; a wrong one is fetched anew a few times, then refused."""
    for attempt in range(1, WRONG_BYTES_TRIES + 1):
        sha256, git_sha1 = _download(hub, file, part, tools)
        pinned_by = verdict(file, sha256, git_sha1)
        if pinned_by:
            record = _durable(file, part, sha256, pinned_by)
            commit_bytes(part, record)
            return record
        part.forget()
        tools.meter.lost(file.size)
        if attempt < WRONG_BYTES_TRIES:
            tools.noted(file.path, HubError(f"{file.path!r} arrived with sha256 {sha256[:12]}, not as listed"), 0.0)
    raise WrongBytes(
        f"{hub.name} sent wrong bytes for {file.path!r} {WRONG_BYTES_TRIES} times: sha256 {sha256}, "
        f"listed {file.sha256 or file.tag}",
        "Nothing of it was published. Try another endpoint, or look for a proxy that alters files",
    )


def verdict(file: RemoteFile, sha256: str, git_sha1: str) -> str:
    """Who vouches for these bytes; empty when they are not what was listed."""
    if file.sha256:
        return "hub" if sha256 == file.sha256 else ""
    if file.tag.startswith("git:"):
        return "git" if git_sha1 == file.tag[4:] else ""
    return "us"


def _download(hub: Hub, file: RemoteFile, part: Part, tools: Tools) -> tuple[str, str]:
    """All bytes into the part, hashed on the way; returns sha256 and git's sha1."""
    digest = Digest(file.size, file.tag.startswith("git:"))
    handle, offset = part.open()
    try:
        _rehash(handle, offset, digest, tools)
        tools.meter.resumed(offset)
        budget = Budget(tools.policy)
        while offset < file.size:
            start = offset
            try:
                offset = _attempt(hub, file, handle, offset, digest, tools)
            except HubError as error:
                offset = os.lseek(handle, 0, os.SEEK_CUR)
                if isinstance(error, RangeRefused):
                    raise HubError(f"{error.message}: the hub's {file.path!r} is shorter than listed") from error
                pause = budget.pause_after(error, progressed=offset > start)
                tools.noted(file.path, error, pause)
                _wait(pause, tools.stop)
        return digest.finish()
    except OSError as error:
        raise disk_error(error, part.path) from error
    finally:
        digest.close()
        os.close(handle)


def _rehash(handle: int, offset: int, digest: Digest, tools: Tools) -> None:
    """The kept prefix goes through the hash again; a core does that faster than most disks read."""
    os.lseek(handle, 0, os.SEEK_SET)
    left = offset
    while left:
        _check(tools.stop)
        count = os.readv(handle, [digest.buffer()[: min(left, BUFFER_BYTES)]])
        digest.update(count)
        left -= count


def _attempt(hub: Hub, file: RemoteFile, handle: int, offset: int, digest: Digest, tools: Tools) -> int:
    """One connection: from `offset` until the end, the next trouble, or a limit for which it is too slow.

    The handle's position is always the truth.
    """
    body = hub.open(file, offset)
    try:
        _skip(body, offset - body.start, digest.buffer(), tools)
        while offset < file.size and body.pace(_share(tools)):
            offset += _fill(body, file.size - offset, handle, digest, tools)
        # where a sha256 is listed, the hash tells the same
        if offset == file.size and not file.sha256 and body.readinto(digest.buffer()[:1]):
            raise BadAnswer(f"{file.path!r} is longer than the {file.size} bytes that the listing says")
    finally:
        body.close()
    return offset


def _skip(body: Body, count: int, buffer: memoryview, tools: Tools) -> None:
    """A server that ignored Range sends what we have once more; it costs link but loses nothing."""
    while count:
        got = _read(body, buffer[: min(count, len(buffer))], tools)
        tools.meter.repeated(got)
        _pay(got, tools)
        count -= got


def _fill(body: Body, wanted: int, handle: int, digest: Digest, tools: Tools) -> int:
    """Fill a buffer, each piece on disk before the next is asked for; hash what came, also when the wire breaks."""
    buffer = digest.buffer()[:wanted]
    filled, deadline = 0, time.monotonic() + FLUSH_SECONDS
    try:
        while filled < len(buffer) and time.monotonic() < deadline:
            got = _read(body, buffer[filled:], tools)
            write_all(handle, buffer[filled : filled + got])
            filled += got
            tools.meter.received(got)
            _pay(got, tools)
    finally:
        if filled:
            digest.update(filled)
    return filled


def _read(body: Body, view: memoryview, tools: Tools) -> int:
    _check(tools.stop)
    bucket = tools.bucket
    got = body.readinto(view[: bucket.step(len(view))] if bucket else view)
    if not got:
        raise Cut("the connection ended before the file did")
    return got


def _share(tools: Tools) -> float:
    """Bytes a second that one of the streams is read at under the limit of this moment; 0 for no limit."""
    return ((tools.bucket.rate() or 0.0) if tools.bucket else 0.0) / tools.streams


def _pay(count: int, tools: Tools) -> None:
    """Wait as long as these bytes may take under the limit: after they are safe, before the next are asked for."""
    if tools.bucket:
        _wait(tools.bucket.reserve(count), tools.stop)


def _durable(file: RemoteFile, part: Part, sha256: str, pinned_by: str) -> Record:
    try:
        handle = os.open(part.path, os.O_RDONLY)
        try:
            os.fsync(handle)
            facts = os.fstat(handle)
        finally:
            os.close(handle)
        sample = sample_of(part.path)
    except OSError as error:
        raise disk_error(error, part.path) from error
    return Record(file.path, file.size, facts.st_mtime_ns, file.sha256 or sha256, pinned_by, file.tag, sample)


def _wait(seconds: float, stop: threading.Event) -> None:
    if seconds > 0 and stop.wait(seconds):
        _check(stop)


def _check(stop: threading.Event) -> None:
    if stop.is_set():
        raise Stopped("stopped", "Run again to continue; what was fetched is kept")
