# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Is there room, before the first byte is asked for."""

from __future__ import annotations

import os
from typing import NamedTuple

from .errors import CacheError, NoSpace, disk_error
from .rate import format_size


class Room(NamedTuple):
    bytes: int
    #: None where the file system does not count inodes
    inodes: int | None


def check_root(root: str) -> None:
    """A root may be missing, but must be or become a directory."""
    place = root
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    if not os.path.isdir(place):
        raise CacheError(f"root {root} cannot be a cache: {place} is no directory", "Correct root, or move that away")


def room_at(path: str) -> Room:
    """What this user may still write at `path`, or at the nearest directory above that exists."""
    while not os.path.isdir(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    try:
        facts = os.statvfs(path)
    except OSError as error:
        raise disk_error(error, path) from error
    return Room(facts.f_bavail * facts.f_frsize, facts.f_favail if facts.f_files else None)


def check(room: Room, path: str, bytes_needed: int, files_needed: int, reserve: int) -> None:
    if bytes_needed and bytes_needed + reserve > room.bytes:
        raise NoSpace(
            f"{path} has {format_size(room.bytes)} free; {format_size(bytes_needed)} to fetch "
            f"and {format_size(reserve)} in reserve do not fit",
            "Free space, enlarge the volume, fetch fewer files (include, exclude), or lower reserve",
        )
    if room.inodes is not None and files_needed > room.inodes:
        raise NoSpace(
            f"{path} has {room.inodes} inodes free; {files_needed} files do not fit",
            "Remove small files, or use a file system with more inodes",
        )
