"""Renew the locked requirements from their .in files: `make lock`. Needs uv on PATH (pip install uv)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
OPTIONS = ["--generate-hashes", "--python-version", "3.11", "--no-header", "--quiet"]


def main() -> int:
    """Compile every .in file beside its lock file."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv is not on PATH: `pip install uv`, then `make lock`.", file=sys.stderr)
        return 1
    for source in sorted(REQUIREMENTS.glob("*.in")):
        target = source.with_suffix(".txt")
        universal = ["--universal"] if source.stem == "dev" else []
        subprocess.run(
            [uv, "pip", "compile", *universal, *OPTIONS, source.name, "-o", target.name], check=True, cwd=REQUIREMENTS
        )
        print(f"locked {target.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
