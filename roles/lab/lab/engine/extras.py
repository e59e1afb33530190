"""Image ms-swift:…-extras: what the engine uses for some tasks and does not require, laid over it."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import replace
from pathlib import Path

from ..image import Image, rootfs_layer
from ..paths import CHECKOUT
from . import prune
from .real import PYTHON, SITE, VERSION, real
from .wheels import install

LOCK = CHECKOUT / "requirements" / "engine-extras.txt"
#: EvalScope imports editdistance, which has no wheel for this Python
EDITDISTANCE = '''\
"""Levenshtein's distance, in place of the package that has no wheel."""


def eval(left, right):
    row = list(range(len(right) + 1))
    for number, one in enumerate(left, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(right, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (one != other))
    return row[-1]


distance = eval
'''


def extras() -> Image:
    """From the cache when lock and engine are unchanged."""
    engine = real()
    layer = rootfs_layer(recipe(), fill)
    return replace(engine, tag=f"{VERSION}-extras", layers=[*engine.layers, layer])


def recipe() -> str:
    """All that the layer depends on."""
    digests = [hashlib.sha256(content).hexdigest() for content in (LOCK.read_bytes(), EDITDISTANCE.encode())]
    return f"extras {' '.join(digests)} {SITE} {prune.EXTRAS} {platform.machine()}"


def fill(directory: Path) -> None:
    """The wheels and the module that is missing among them."""
    install(LOCK, directory / SITE, PYTHON, platform.machine())
    prune.prune(directory / SITE, prune.EXTRAS)
    (directory / SITE / "editdistance.py").write_text(EDITDISTANCE, encoding="utf-8")
