"""Image ms-swift:…-ui: gradio for the web interfaces, and the older releases that it wants of what the engine has."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import replace
from pathlib import Path

from ..image import Image, rootfs_layer
from ..paths import CHECKOUT
from . import prune
from .real import PYTHON, VERSION, real
from .wheels import install

LOCK = CHECKOUT / "requirements" / "engine-ui.txt"
#: before the engine's own directory on Python's path
SITE = "opt/ui"


def ui() -> Image:
    """From the cache when lock and engine are unchanged."""
    engine = real()
    layer = rootfs_layer(recipe(), fill)
    env = {**engine.env, "PYTHONPATH": f"/{SITE}"}
    return replace(engine, tag=f"{VERSION}-ui", layers=[*engine.layers, layer], env=env)


def recipe() -> str:
    """All that the layer depends on."""
    return f"ui {hashlib.sha256(LOCK.read_bytes()).hexdigest()} {SITE} {prune.UI} {platform.machine()}"


def fill(directory: Path) -> None:
    """The wheels alone."""
    install(LOCK, directory / SITE, PYTHON, platform.machine())
    prune.prune(directory / SITE, prune.UI)
