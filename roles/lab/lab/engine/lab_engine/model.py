"""What a stand-in needs to know of a model directory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Model:
    """A directory that looks like a model."""

    path: Path
    name: str
    max_length: int


def load(path: str, max_length: int = 0) -> Model:
    """Fails where ms-swift fails: no directory, no config.json, a config that is no JSON."""
    place = Path(path)
    if not place.is_dir():
        raise ValueError(f"model {path!r} is no directory, and the stand-in asks no hub")
    config = place / "config.json"
    if not config.is_file():
        raise OSError(f"{path} does not appear to have a file named config.json.")
    facts: dict[str, Any] = json.loads(config.read_text(encoding="utf-8"))
    nested = facts.get("text_config") or {}
    window = int(facts.get("max_position_embeddings") or nested.get("max_position_embeddings") or 2048)
    return Model(place, place.name.replace("___", "."), min(max_length or window, window))
