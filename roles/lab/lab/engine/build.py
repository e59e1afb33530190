"""The engine images into the cache's image store."""

from __future__ import annotations

from ..console import Console
from ..image import Image, save
from .extras import extras
from .real import real
from .standin import standin


def build(console: Console | None = None) -> list[str]:
    """Make what is not there yet and return the references; `up` and `python -m lab publish` bring them to a lab."""
    console = console or Console()
    references = []
    for name, make in (("ms-swift", real), ("ms-swift with extras", extras), ("lab-engine", standin)):
        console.say(f"image {name}: looking it up, building it when its recipe is new")
        image: Image = make()
        save(image)
        size = sum(layer.size for layer in image.layers) / 1e6
        console.say(f"image {image.reference}: {size:.0f} MB in {len(image.layers)} layers")
        references.append(image.reference)
    return references
