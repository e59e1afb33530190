# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong on our side of the wire. Each has a sentence for people and a next step."""

from __future__ import annotations

import errno
import os


class CacheError(Exception):
    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}. {self.next_step}" if self.next_step else self.message


class BadSpec(CacheError):
    """A wish that cannot be meant: unknown key, wrong unit, impossible value."""


class NoSpace(CacheError):
    """Not enough bytes or inodes, before or during the download."""


class NotWritable(CacheError):
    """The cache is read-only, or belongs to someone else, who may not let us read it either."""


class WrongBytes(CacheError):
    """The hub's bytes are not the ones that its listing promises. They were not published."""


class DamagedManifest(CacheError):
    """A manifest that cannot be read; the files themselves may be fine."""


class LostLock(CacheError):
    """Another seeder took over because our heartbeat was not seen."""


class Stopped(CacheError):
    """Asked to end; everything fetched so far is kept."""


def disk_error(error: OSError, path: str, deed: str = "written") -> CacheError:
    """An error of the file system in words, for the path that was being written, or read."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(
            f"the disk of {path} is full ({error.strerror})",
            "Free space and run again; what was fetched is kept and continued",
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return NotWritable(f"{path} cannot be {deed}: {error.strerror}", _owner_step(path))
    return CacheError(f"{path}: {error.strerror or error}", "Check the volume and run again; what was fetched is kept")


def _owner_step(path: str) -> str:
    while path and not os.path.lexists(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    try:
        owner = os.lstat(path).st_uid
    except OSError:
        return "Check that the volume is mounted for writing"
    if owner != os.geteuid():
        return f"{path} belongs to uid {owner} and this process is uid {os.geteuid()}; change the owner or the user"
    return "Check that the volume is mounted for writing"
