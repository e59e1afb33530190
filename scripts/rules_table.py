"""Writes the table of preflight rules into the role's RULES.md; a unit test holds it against the rules.

usage: rules_table.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROLE = Path(__file__).resolve().parents[1] / "collections/ansible_collections/swift/k8s/roles/preflight"


def table(rules: list[dict[str, Any]]) -> str:
    """The document."""
    lines = ["# Rules of the preflight", "", "Written by `scripts/rules_table.py` from `files/rules/*.yml`.", ""]
    lines += ["| Rule | Level | Looks at | What it says | Source |", "|---|---|---|---|---|"]
    for rule in sorted(rules, key=lambda item: str(item["id"])):
        cells = [
            f"`{rule['id']}`",
            rule["level"],
            rule["for_each"],
            f"{rule['message']} {rule['next_step']}",
            rule["source"],
        ]
        lines.append(f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def read() -> list[dict[str, Any]]:
    """All rules that ship."""
    files = sorted((ROLE / "files/rules").glob("*.yml"))
    return [rule for path in files for rule in yaml.safe_load(path.read_text(encoding="utf-8"))]


if __name__ == "__main__":
    (ROLE / "RULES.md").write_text(table(read()), encoding="utf-8")
