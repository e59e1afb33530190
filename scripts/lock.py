"""Renew the locked requirements from their .in files: `make lock`. Needs uv on PATH (pip install uv)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
#: Debian 13's Python on x86_64; wheels only, because the machine that builds the image has another Python
ENGINE = [
    *("--python-version", "3.13", "--python-platform", "x86_64-manylinux_2_36"),
    *("--only-binary", ":all:", "--override", "engine-overrides.txt"),
]
ENGINE_LOCK = REQUIREMENTS / "engine.txt"
OPTIONS = ["--generate-hashes", "--no-header", "--quiet"]
#: what each file is compiled for; the rest is for Python 3.11
FOR = {
    "dev": ["--python-version", "3.11", "--universal"],
    "clients-old": ["--python-version", "3.11", "--universal"],
    "clients-new": ["--python-version", "3.11", "--universal"],
    "engine": ENGINE,
    "engine-extras": [*ENGINE, "--override", "engine-extras-overrides.txt"],
    "engine-ui": ENGINE,
}


def pins(lock: Path) -> dict[str, str]:
    """The packages of a lock file and their versions."""
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==([^ \n]+)", lock.read_text(encoding="utf-8")))


def beside_engine(stem: str) -> list[str]:
    """The engine's packages that a lock laid over it need not repeat: all, or those that keep their version."""
    engine = pins(ENGINE_LOCK)
    if stem == "engine-extras":
        return list(engine)
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole.txt"
        shutil.copy(ENGINE_LOCK, whole)  # uv keeps what is pinned there where it can
        compile_(stem, whole, [])
        found = pins(whole)
    return [name for name, version in engine.items() if found.get(name, version) == version]


def compile_(stem: str, target: Path, left_out: list[str]) -> None:
    """One lock file; `left_out` are packages that it does not name."""
    chosen = [*FOR.get(stem, ["--python-version", "3.11"]), *OPTIONS]
    chosen += [word for name in left_out for word in ("--no-emit-package", name)]
    subprocess.run(["uv", "pip", "compile", *chosen, f"{stem}.in", "-o", str(target)], check=True, cwd=REQUIREMENTS)


def main() -> int:
    """Compile every .in file beside its lock file."""
    if shutil.which("uv") is None:
        print("uv is not on PATH: `pip install uv`, then `make lock`.", file=sys.stderr)
        return 1
    for source in sorted(REQUIREMENTS.glob("*.in"), key=lambda path: path.stem):
        stem = source.stem
        compile_(
            stem, source.with_suffix(".txt"), beside_engine(stem) if stem in ("engine-extras", "engine-ui") else []
        )
        print(f"locked {stem}.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
