"""A piece: what it is made of (its key), the files it gives, and how it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workshop:
    """Where a piece is made."""

    work: Path
    out: Path
    log: Path


@dataclass(frozen=True)
class Piece:
    """One thing to build. `recipe` names everything that the result depends on."""

    name: str
    recipe: str
    files: tuple[str, ...]
    make: Callable[[Workshop], None]

    @property
    def key(self) -> str:
        """Short digest of the recipe."""
        return hashlib.sha256(self.recipe.encode()).hexdigest()[:12]

    @property
    def directory(self) -> str:
        """Directory name below bin/."""
        return f"{self.name}-{self.key}"


def sources(directory: Path) -> str:
    """Digest of a source directory, for recipes of what is built from this repository."""
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.name.endswith("_test.go"):
            digest.update(f"{path.relative_to(directory)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
