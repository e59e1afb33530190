# SPDX-License-Identifier: Apache-2.0
"""One pod writes an output directory at a time: an upgrade starts a changed Job before the old one's pod ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import time
from pathlib import Path
from typing import IO

from swift_pod_errors import LaunchError

#: what file systems without locks say of them
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
_PAUSE = 1.0
#: open until the process ends, when the kernel or the NFS server gives the lock back
_held: list[IO[str]] = []


def lock_path(directory: Path) -> Path:
    return directory.parent / f".{directory.name}.swift-k8s.lock"


def become(directory: Path) -> None:
    """Wait until no other process writes the directory, and be the one that does until this process ends.

    A POSIX record lock: NFS knows it, and what the command starts does not inherit it.
    """
    path = lock_path(directory)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise LaunchError(
            f"output {directory} cannot be written by uid {os.getuid()} ({error.strerror}): let that uid write to the"
            " claim, set podSecurityContext to one that may, or output.path to another directory"
        ) from error
    _held.append(lock)
    told = False
    while not _locked(lock):
        if not told:
            lock.seek(0)
            print(f"launch: {lock.read() or 'another pod'} writes {directory}; waiting until it ends", flush=True)
            told = True
        time.sleep(_PAUSE)
    with contextlib.suppress(OSError):  # a full claim: the name is for those who wait, and a result may be there
        lock.truncate(0)
        lock.write(socket.gethostname())
        lock.flush()


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        print(f"launch: this volume has no locks ({error.strerror}): end the Job before you change it", flush=True)
    return True
