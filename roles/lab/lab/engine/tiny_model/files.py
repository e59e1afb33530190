"""Files of a model directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_json(path: Path, content: Any) -> None:
    """One document, readable by people."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
