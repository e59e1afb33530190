# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The few operations on files that everything else relies on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any, TextIO

from .errors import disk_error

READ_BYTES = 1 << 20
#: the quick check reads this many slices of this size, spread evenly
SAMPLE_SLICES = 4
SAMPLE_BYTES = 1 << 20


@contextlib.contextmanager
def write_atomically(path: str) -> Iterator[TextIO]:
    """A new text file that appears whole, durable and under its name, or not at all."""
    temporary = f"{path}.{os.getpid()}.part"
    try:
        make_directory(os.path.dirname(path))
        with open(temporary, "w", encoding="utf-8") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        sync_directory(os.path.dirname(path))
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def make_directory(path: str) -> None:
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise disk_error(error, path) from error


def sync_directory(path: str) -> None:
    """Make renames durable. Some network file systems cannot, and do not need to."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_all(handle: int, view: memoryview) -> None:
    while view:
        view = view[os.write(handle, view) :]


def sha256_of(path: str) -> str:
    total, buffer = hashlib.sha256(), memoryview(bytearray(READ_BYTES))
    with open(path, "rb", buffering=0) as stream:
        for count in iter(lambda: stream.readinto(buffer), 0):
            total.update(buffer[:count])
    return total.hexdigest()


def git_sha1_of(path: str) -> str:
    """The id under which git stores this content; what a hub gives for files outside LFS."""
    total, buffer = git_hasher(os.path.getsize(path)), memoryview(bytearray(READ_BYTES))
    with open(path, "rb", buffering=0) as stream:
        for count in iter(lambda: stream.readinto(buffer), 0):
            total.update(buffer[:count])
    return total.hexdigest()


def git_hasher(size: int) -> hashlib._Hash:
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)


def sample_of(path: str) -> str:
    """A digest of slices over the whole length: sees truncation, torn writes and zeroed areas in milliseconds.

    Empty for small files, whose whole sha256 is as cheap.
    """
    if os.path.getsize(path) <= SAMPLE_BYTES:
        return ""
    total = hashlib.sha256()
    with open(path, "rb", buffering=0) as stream:
        size = os.fstat(stream.fileno()).st_size
        for number in range(SAMPLE_SLICES):
            stream.seek((size - SAMPLE_BYTES) * number // (SAMPLE_SLICES - 1))
            total.update(stream.read(SAMPLE_BYTES))
    return total.hexdigest()


def remove_empty_parents(path: str, stop: str) -> None:
    """Remove the directories that a removed file leaves empty, up to but not including `stop`."""
    parent = os.path.dirname(path)
    while parent.startswith(stop + os.sep):
        try:
            os.rmdir(parent)
        except OSError:
            return
        parent = os.path.dirname(parent)


def dump_json(value: Any, stream: TextIO) -> None:
    json.dump(value, stream, ensure_ascii=False, indent=1)
    stream.write("\n")
