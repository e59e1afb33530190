#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the table of values into charts/ms-swift/README.md, from the comments `# -- …` of values.yaml.

scripts/chart_docs.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).resolve().parents[1] / "charts/ms-swift"
BEGIN, END = "<!-- values: begin -->", "<!-- values: end -->"
_KEY = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z]\w*):(?: |$)")
_COMMENT = re.compile(r" *# -- (?P<text>.+)")


def comments(text: str) -> dict[str, str]:
    """Dotted name of a value -> its comment."""
    found: dict[str, str] = {}
    path: list[str] = []
    comment = ""
    for line in text.splitlines():
        if told := _COMMENT.match(line):
            comment = told["text"]
        elif key := _KEY.match(line):
            path = [*path[: len(key["indent"]) // 2], key["key"]]
            if comment:
                found[".".join(path)] = comment
            comment = ""
    return found


def default(values: Any, name: str) -> str:
    for part in name.split("."):
        values = values[part]
    return f"`{json.dumps(values, ensure_ascii=False)}`"


def table(text: str) -> str:
    values = yaml.safe_load(text)
    rows = ["| Value | Default | Meaning |", "|---|---|---|"]
    for name, comment in comments(text).items():
        meaning = comment.replace("|", "\\|").replace("<", "&lt;")
        rows.append(f"| `{name}` | {default(values, name)} | {meaning} |")
    return "\n".join(rows)


def written(readme: str, text: str) -> str:
    """The README with a fresh table between its marks."""
    head, rest = readme.split(BEGIN)
    return f"{head}{BEGIN}\n{table(text)}\n{END}{rest.split(END)[1]}"


def main() -> None:
    readme = CHART / "README.md"
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    readme.write_text(written(readme.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
