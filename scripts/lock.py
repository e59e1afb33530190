"""Renew the locked requirements from their .in files: `make lock`. Needs uv on PATH (pip install uv)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
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
}


def names(lock: Path) -> list[str]:
    """The packages of a lock file."""
    return re.findall(r"(?m)^([a-z0-9-]+)==", lock.read_text(encoding="utf-8"))


def main() -> int:
    """Compile every .in file beside its lock file."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv is not on PATH: `pip install uv`, then `make lock`.", file=sys.stderr)
        return 1
    for source in sorted(REQUIREMENTS.glob("*.in"), key=lambda path: path.stem):
        target = source.with_suffix(".txt")
        chosen = FOR.get(source.stem, ["--python-version", "3.11"])
        if source.stem == "engine-extras":
            # it is laid over the engine
            chosen = [*chosen, *(word for name in names(ENGINE_LOCK) for word in ("--no-emit-package", name))]
        command = [uv, "pip", "compile", *chosen, *OPTIONS, source.name, "-o", target.name]
        subprocess.run(command, check=True, cwd=REQUIREMENTS)
        print(f"locked {target.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
