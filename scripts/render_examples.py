#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Render every charts/ms-swift/examples/values-X.yaml to render-X.yaml beside it, for a diff to read.

scripts/render_examples.py [NAME ...]
"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CHART = Path(__file__).resolve().parents[1] / "charts/ms-swift"
EXAMPLES = CHART / "examples"
_PROGRAM = re.compile(r"  (?P<key>[\w.]+\.(?:py|sh)): \|\Z")


def names() -> list[str]:
    return sorted(path.stem.removeprefix("values-") for path in EXAMPLES.glob("values-*.yaml"))


def template(name: str) -> str:
    """What helm makes of an example, programs included."""
    command = ["helm", "template", name, str(CHART), "--namespace", "ms-swift", "--kube-version", "1.33.0"]
    command += ["--api-versions", "leaderworkerset.x-k8s.io/v1"]
    done = subprocess.run(
        [*command, "--values", str(EXAMPLES / f"values-{name}.yaml")], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"example {name}: {done.stderr}")
    return done.stdout


def without_programs(text: str) -> str:
    """Programs are reviewed where they are; here their names are enough, and not even those of the cache engine."""
    lines: list[str] = []
    inside = engine = False
    for line in text.splitlines():
        if line.startswith("# Source: "):
            engine = line.endswith("/configmap-seed.yaml")
        inside = inside and (not line or line.startswith("    "))
        if inside:
            continue
        program = _PROGRAM.match(line)
        inside = bool(program)
        name = "programs" if program and engine else program["key"] if program else ""
        shown = f'  {name}: "(program)"' if program else line
        if not (program and engine and lines[-1] == shown):
            lines.append(shown)
    return "\n".join(lines) + "\n"


def render(name: str) -> str:
    return without_programs(template(name))


def main(chosen: list[str]) -> None:
    if unknown := set(chosen) - set(names()):
        raise SystemExit(f"no example named {sorted(unknown)[0]!r}: choose from {', '.join(names())}")
    with ThreadPoolExecutor(max_workers=2) as pool:
        for name, text in zip(chosen, pool.map(render, chosen)):
            (EXAMPLES / f"render-{name}.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or names())
