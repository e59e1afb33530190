"""Fill the package's configuration templates ($name)."""

from __future__ import annotations

from pathlib import Path
from string import Template

from .paths import PACKAGE


def fill(name: str, **values: object) -> str:
    """The text of etc/<name> or addons/<name> with its values; an unknown or missing one is an error."""
    return Template((PACKAGE / name).read_text()).substitute({key: str(value) for key, value in values.items()})


def write(path: Path, name: str, **values: object) -> None:
    """Fill a template into a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(fill(name, **values))
