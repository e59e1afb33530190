# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Unfinished files. The size of the `.part` is the truth; the sidecar says of what it is a part."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

from .._hub.listing import RemoteFile
from .errors import disk_error
from .layout import PART_SUFFIX, SIDECAR_SUFFIX

#: below this a restart costs less than keeping books
SMALLEST_RESUMED = 1 << 20


class Part:
    """`path` ends in .part; open() gives a handle that stands behind the bytes worth keeping."""

    def __init__(self, path: str, file: RemoteFile, commit: str, source: str) -> None:
        self.path = path
        self._sidecar = path[: -len(PART_SUFFIX)] + SIDECAR_SUFFIX
        self._size = file.size
        self._identity = identity(file, commit, source)

    def open(self) -> tuple[int, int]:
        """Handle and offset. Bytes of another content are thrown away here."""
        try:
            keep = self._size >= SMALLEST_RESUMED and read_sidecar(self._sidecar) == self._identity
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
            offset = os.fstat(handle).st_size
            if not keep or offset > self._size:
                os.ftruncate(handle, 0)
                offset = 0
                if self._size >= SMALLEST_RESUMED:
                    self._write_sidecar()
        except OSError as error:
            raise disk_error(error, self.path) from error
        return handle, os.lseek(handle, offset, os.SEEK_SET)

    def forget(self) -> None:
        for path in (self.path, self._sidecar):
            with contextlib.suppress(OSError):
                os.unlink(path)

    def finished(self, target: str) -> None:
        """Give the verified bytes their place."""
        os.replace(self.path, target)
        with contextlib.suppress(OSError):
            os.unlink(self._sidecar)

    def _write_sidecar(self) -> None:
        temporary = f"{self._sidecar}.{os.getpid()}"
        with open(temporary, "w", encoding="utf-8") as stream:
            json.dump(self._identity, stream, ensure_ascii=False)
        os.replace(temporary, self._sidecar)


def identity(file: RemoteFile, commit: str, source: str) -> dict[str, Any]:
    """What must be equal to continue. A sha256 says it all; without one, the source and commit must be the same too."""
    known: dict[str, Any] = {"path": file.path, "size": file.size, "sha256": file.sha256}
    return known if file.sha256 else {**known, "tag": file.tag, "commit": commit, "source": source}


def read_sidecar(path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return None


def kept_bytes(work: str) -> dict[str, int]:
    """Listed path -> bytes of it in an unfinished download."""
    found: dict[str, int] = {}
    try:
        names = [name for name in os.listdir(work) if name.endswith(SIDECAR_SUFFIX)]
    except OSError:
        return found
    for name in names:
        sidecar = read_sidecar(os.path.join(work, name))
        if isinstance(sidecar, dict) and isinstance(sidecar.get("path"), str):
            with contextlib.suppress(OSError):
                found[sidecar["path"]] = os.path.getsize(os.path.join(work, name[: -len(SIDECAR_SUFFIX)] + PART_SUFFIX))
    return found
