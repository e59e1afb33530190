"""Python in an image with its byte code, as published images have it: on a read-only root each start makes it anew."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..errors import LabError
from .chroot import command
from .debian import debian_rootfs


def debian_python(packages: Sequence[str], directory: Path, user: tuple[str, int]) -> None:
    """Debian's packages, python3 among them, and the byte code of all their modules."""
    debian_rootfs(packages, directory, user)
    compile_modules(directory)


def compile_modules(root: Path, *places: str) -> None:
    """Write the byte code of Debian's own modules and of those in `places` (directories inside of `root`)."""
    own = sorted(f"/{place.relative_to(root)}" for place in root.glob("usr/lib/python3*"))
    program = ["python3", "-m", "compileall", "-q", "-j", "2", *own, *places]
    answer = subprocess.run(command(root, program), capture_output=True, text=True, check=False)
    # 1: a package ships a template that is no Python; whoever imports it finds out
    if answer.returncode > 1:
        raise LabError(f"compileall in an image ended with {answer.returncode}: {answer.stderr}", "report it")
