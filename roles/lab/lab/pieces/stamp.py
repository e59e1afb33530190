"""The stamp beside a finished piece: sizes, times and digests of its files, so that damage is noticed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..image.layer import atomic_write, digest_of

STAMP = "stamp.json"


@dataclass(frozen=True)
class FileStamp:
    """One file as it was when the piece was finished."""

    size: int
    modified_ns: int
    sha256: str


def write(directory: Path, files: tuple[str, ...], seconds: float) -> None:
    """Stamp a finished piece."""
    stamps = {name: asdict(_stamp(directory / name)) for name in files}
    content = {"seconds": round(seconds, 1), "files": stamps}
    atomic_write(directory / STAMP, json.dumps(content, indent=1).encode())


def damage(directory: Path, files: tuple[str, ...]) -> str | None:
    """Why the piece cannot be used, or None. Unchanged size and time are trusted; otherwise the digest decides."""
    path = directory / STAMP
    if not path.exists():
        return "unfinished" if directory.exists() else "absent"
    try:
        known: dict[str, Any] = json.loads(path.read_bytes())["files"]
        stamps = {name: FileStamp(**known[name]) for name in files}
    except (ValueError, KeyError, TypeError):
        return f"{STAMP} is damaged"
    for name, stamp in stamps.items():
        problem = _compare(directory / name, stamp)
        if problem:
            return problem
    return None


def _compare(path: Path, stamp: FileStamp) -> str | None:
    if not path.is_file():
        return f"{path.name} is missing"
    found = path.stat()
    if found.st_size != stamp.size:
        return f"{path.name} has {found.st_size} bytes instead of {stamp.size}"
    if found.st_mtime_ns != stamp.modified_ns and digest_of(path) != stamp.sha256:
        return f"{path.name} has another sha256 than when it was built"
    return None


def _stamp(path: Path) -> FileStamp:
    found = path.stat()
    return FileStamp(found.st_size, found.st_mtime_ns, digest_of(path))
