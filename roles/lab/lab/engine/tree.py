"""An image unpacked on this machine, for tests that run its very bytes without a cluster."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from ..image import Image
from ..paths import cache_root


def tree(image: Image) -> Path:
    """The root directory of the image's layers; unpacked once and kept by their digests."""
    place = cache_root() / "engine" / "-".join(layer.digest.partition(":")[2][:16] for layer in image.layers)
    if place.exists():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=place.parent, prefix=".part-"))
    try:
        scratch.chmod(0o755)
        for layer in image.layers:
            options = ["--numeric-owner", "--keep-directory-symlink", "--same-permissions"]
            subprocess.run(["tar", "--extract", *options, "-C", scratch, "-f", layer.path], check=True)
        scratch.rename(place)
    except BaseException:
        shutil.rmtree(scratch)
        raise
    _forget_others(image, place)
    return place


def _forget_others(image: Image, place: Path) -> None:
    """Keep one tree an image: the latest."""
    latest = place.parent / f"{image.name}.latest"
    if latest.is_symlink() and latest.resolve() != place:
        shutil.rmtree(latest.resolve(), ignore_errors=True)
    latest.unlink(missing_ok=True)
    latest.symlink_to(place.name)
