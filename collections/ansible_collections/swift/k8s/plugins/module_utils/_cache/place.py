# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Verified bytes get their name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from .errors import CacheError
from .files import make_directory
from .journal import Journal
from .layout import Snapshot
from .manifest import Record


def place(snapshot: Snapshot, record: Record, put: Callable[[str], None]) -> None:
    """A new name appears now. A name that readers may hold waits, verified, until all replacements are there."""
    Journal(snapshot.work).append(record)
    target = snapshot.file(record.path)
    if os.path.lexists(target) or not _has_directory(target):
        target = snapshot.ready(record.path)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(target)
    put(target)


def _has_directory(target: str) -> bool:
    """Not while a file of the old state has the name that is a directory in the new one."""
    try:
        make_directory(os.path.dirname(target))
    except CacheError:
        return False
    return True
