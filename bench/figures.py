"""The form of every measured figure: a list of these in build/bench/<area>.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "build/bench"


@dataclass(frozen=True)
class Figure:
    """One measured value beside its goal.

    ok is None where no goal was set. peers holds what the alternatives reached in the same run, by name, same unit.
    """

    id: str
    what: str
    value: float
    unit: str
    goal: str
    ok: bool | None
    peers: dict[str, float] = field(default_factory=dict)
    command: str = ""


def save(area: str, figures: list[Figure]) -> Path:
    """Write build/bench/<area>.json and return its path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    target = RESULTS / f"{area}.json"
    target.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n", encoding="utf-8")
    return target


def load() -> list[dict[str, Any]]:
    """Every figure of every area that has been measured."""
    return [
        {"area": path.stem, **figure}
        for path in sorted(RESULTS.glob("*.json"))
        for figure in json.loads(path.read_text(encoding="utf-8"))
    ]
