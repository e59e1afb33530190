"""The engine images into the cache's image store."""

from __future__ import annotations

from ..console import Console
from ..image import Image, save
from .extras import extras
from .real import real
from .standin import standin
from .ui import ui


def build(console: Console | None = None, with_extras: bool = False) -> list[str]:
    """Make what is not there yet and return the references; `up` and `python -m lab publish` bring them to a lab.

    with_extras: also the images for tasks that need what ms-swift does not require, such as eval (hundreds of MB).
    """
    console = console or Console()
    references = []
    images = [("ms-swift", real), ("lab-engine", standin)]
    if with_extras:
        images += [("ms-swift with extras", extras), ("ms-swift with gradio", ui)]
    for name, make in images:
        console.say(f"image {name}: looking it up, building it when its recipe is new")
        image: Image = make()
        save(image)
        size = sum(layer.size for layer in image.layers) / 1e6
        console.say(f"image {image.reference}: {size:.0f} MB in {len(image.layers)} layers")
        references.append(image.reference)
    return references
