"""Layers: a directory packed once into the cache, found again by its recipe.

A recipe is any text that names everything the content depends on (versions, package lists, digests of sources).
Layers are plain tar, not compressed: on one machine the copy is cheaper than the compression.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..console import Console
from ..errors import LabError
from ..lock import alone
from ..paths import cache_root

MEDIA_TYPE = "application/vnd.oci.image.layer.v1.tar"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Layer:
    """One packed directory. For an uncompressed layer the digest is also the diff id."""

    digest: str
    size: int

    @property
    def path(self) -> Path:
        """The blob in the cache."""
        return blob_path(self.digest)


def store() -> Path:
    """The image store in the cache."""
    return cache_root() / "images"


def blob_path(digest: str) -> Path:
    """Where the blob with this digest lies in the store."""
    algorithm, _, value = digest.partition(":")
    return store() / "blobs" / algorithm / value


def rootfs_layer(recipe: str, fill: Callable[[Path], None]) -> Layer:
    """The layer of this recipe: from the cache, else `fill` is called with an empty directory, which is then packed."""
    known = _known(recipe)
    if known is not None:
        return known
    with alone(_note(recipe).with_suffix(".lock"), Console().say):
        return _known(recipe) or _made(recipe, fill)


def _made(recipe: str, fill: Callable[[Path], None]) -> Layer:
    scratch = store() / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix=f"layer-{os.getpid()}-", dir=scratch))
    try:
        directory.chmod(0o755)
        fill(directory)
        layer = pack(directory)
    finally:
        shutil.rmtree(directory)
    _remember(recipe, layer)
    return layer


def pack(directory: Path) -> Layer:
    """Stream a directory into the store as one tar blob; owners, modes and times stay as they are on disk."""
    blobs = store() / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    command = ["tar", "--create", "--sort=name", "--numeric-owner", "--format=gnu", "-C", str(directory), "."]
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=blobs, prefix=f".part-{os.getpid()}-", delete=False) as target:
        temporary = Path(target.name)
        try:
            with subprocess.Popen(command, stdout=subprocess.PIPE) as tar:
                assert tar.stdout is not None
                while chunk := tar.stdout.read(_CHUNK):
                    digest.update(chunk)
                    size += target.write(chunk)
            if tar.returncode:
                raise LabError(f"tar of {directory} ended with {tar.returncode}", "read its message above")
            temporary.chmod(0o644)
            temporary.replace(blobs / digest.hexdigest())
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    return Layer(f"sha256:{digest.hexdigest()}", size)


def digest_of(path: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def write_blob(content: bytes) -> str:
    """Put a small blob (config, manifest) into the store and return its digest."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    path = blob_path(digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, content)
    return digest


def atomic_write(path: Path, content: bytes) -> None:
    """Write beside the target, then rename: readers see the old or the new file, never half of one."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".part-{os.getpid()}-", delete=False) as target:
        target.write(content)
    os.chmod(target.name, 0o644)
    os.replace(target.name, path)


def _note(recipe: str) -> Path:
    return store() / "recipes" / f"{hashlib.sha256(recipe.encode()).hexdigest()[:24]}.json"


def _known(recipe: str) -> Layer | None:
    note = _note(recipe)
    if not note.exists():
        return None
    content = json.loads(note.read_bytes())
    layer = Layer(content["digest"], content["size"])
    return layer if _intact(layer, content.get("modified_ns")) else None


def _intact(layer: Layer, modified_ns: int | None) -> bool:
    """Unchanged size and time are trusted; otherwise the digest decides."""
    if not layer.path.exists() or layer.path.stat().st_size != layer.size:
        return False
    if layer.path.stat().st_mtime_ns == modified_ns:
        return True
    return f"sha256:{digest_of(layer.path)}" == layer.digest


def _remember(recipe: str, layer: Layer) -> None:
    note = _note(recipe)
    note.parent.mkdir(parents=True, exist_ok=True)
    content = {"digest": layer.digest, "size": layer.size, "modified_ns": layer.path.stat().st_mtime_ns}
    atomic_write(note, json.dumps(content).encode())


def tidy() -> None:
    """Remove what builders that were killed left half made; their process numbers are in the names."""
    leftovers = [*(store() / "scratch").glob("layer-*"), *(store() / "blobs/sha256").glob(".part-*")]
    for path in leftovers:
        owner = path.name.split("-")[1]
        if Path("/proc", owner).exists():
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
