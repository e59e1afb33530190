"""Locked wheels into a directory, for another Python than the one that runs this."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from ..errors import LabError

#: newest first: pip takes no range of platforms
GLIBC = (36, 35, 34, 31, 28, 27, 24, 17)


def install(lock: Path, target: Path, python: str, machine: str) -> None:
    """Install exactly what the lock names, checked by hash; console scripts are left out, they name this machine."""
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC]
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"),
        *("--target", str(target), "--python-version", python, *platforms, f"--platform=manylinux2014_{machine}"),
        # pip compares Requires-Python with the running Python even so; the lock was made for the right one
        *("--only-binary=:all:", "--no-deps", "--no-compile", "--require-hashes", "--ignore-requires-python"),
        *("--root-user-action=ignore", "--requirement", str(lock)),
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise LabError(
            f"pip cannot install {lock.name}: {answer.stderr.strip()[-2000:]}",
            "check the package index that pip uses, then build again: nothing is kept of this try",
        )
    shutil.rmtree(target / "bin", ignore_errors=True)
