"""`make bench-report`: one table of all measured figures, those short of their goal first."""

from __future__ import annotations

import sys
from typing import Any

from figures import load

STATES = {False: "SHORT", True: "ok", None: "-"}


def row(figure: dict[str, Any]) -> list[str]:
    """The cells of one figure."""
    peers = ", ".join(f"{name} {value:g}" for name, value in sorted(figure["peers"].items()))
    return [
        STATES[figure["ok"]],
        f"{figure['area']}/{figure['id']}",
        f"{figure['value']:g} {figure['unit']}",
        figure["goal"],
        peers,
        figure["what"],
    ]


def table(figures: list[dict[str, Any]]) -> str:
    """Aligned columns; figures that missed their goal come first, then those without one."""
    ordered = sorted(figures, key=lambda figure: (list(STATES).index(figure["ok"]), figure["area"], figure["id"]))
    rows = [["state", "figure", "value", "goal", "peers", "what"], *map(row, ordered)]
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in rows)


def main() -> int:
    """Print the table."""
    figures = load()
    if not figures:
        print("no figures yet: `make bench` measures them", file=sys.stderr)
        return 1
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
