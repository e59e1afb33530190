"""A running lab gets the engine images in its registry, and the tiny model and its data sets in its hub."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from ..console import Console
from ..image import publish as publish_images
from ..image import save, saved_images
from ..paths import Paths
from ..running import running
from .build import build
from .standin import standin
from .tiny_model import ID, ROWS_ID, write_model, write_rows


def publish(
    paths: Paths, console: Console, alias: str = "", models: Sequence[str] = (), with_extras: bool = False
) -> list[str]:
    """Safe to repeat; what has not changed is left alone. Returns the images' references.

    `alias` (name:tag) is a second name for the stand-in, such as that of a published image; `models` are further names
    for the tiny model in the hub; with_extras: as in build.
    """
    state = running(paths)
    references = build(console, with_extras)
    if alias:
        name, _, tag = alias.rpartition(":")
        save(standin().tagged(name, tag))
        references.append(alias)
    publish_images(saved_images(), paths.registry)
    hub = paths.run / "hub"
    contents: list[tuple[str, Path, Callable[[Path], None]]] = [
        *((name, hub / name, write_model) for name in (ID, *models)),
        (ROWS_ID, hub / "datasets" / ROWS_ID, write_rows),
    ]
    written = [name for name, folder, write in contents if _renew(folder, write)]
    if written:
        urllib.request.urlopen(f"http://127.0.0.1:{state.ports['hub']}/_reload", timeout=10).close()
    names = ", ".join(name for name, *_ in contents)
    console.say(f"the lab's registry has {', '.join(references)}; its hub has {names}")
    return references


def _renew(folder: Path, write: Callable[[Path], None]) -> bool:
    """Write beside the folder and put it in its place if anything differs: readers never see half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    try:
        scratch.chmod(0o755)
        write(scratch)
        names = sorted(path.name for path in scratch.iterdir())
        if folder.exists():
            old = sorted(path.name for path in folder.iterdir())
            if old == names and filecmp.cmpfiles(scratch, folder, names, shallow=False)[0] == names:
                return False
            shutil.rmtree(folder)
        scratch.rename(folder)
        return True
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
