"""Go builds: one set of flags for every piece, so that the compiler's cache is shared between them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import LabError
from .piece import Workshop

LINK = "-s -w"


def environment() -> dict[str, str]:
    """The user's environment (proxy, caches, toolchain) with the lab's constant build flags."""
    return {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -trimpath", "GOWORK": "off"}


def go(workshop: Workshop, arguments: Sequence[str], cwd: Path | None = None) -> str:
    """Run the go command; its messages go to the piece's log."""
    program = shutil.which("go")
    if program is None:
        raise LabError(f"go is missing and {workshop.log.stem} must be compiled", "put Go 1.26 or later on PATH")
    with workshop.log.open("a") as log:
        log.write(f"$ go {' '.join(arguments)}\n")
        log.flush()
        answer = subprocess.run(
            [program, *arguments],
            cwd=cwd or workshop.work,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            check=False,
        )
    if answer.returncode:
        tail = " | ".join(workshop.log.read_text(errors="replace").splitlines()[-3:])
        raise LabError(
            f"go {arguments[0]} failed for {workshop.log.stem}: {tail}", f"read {workshop.log}, then try again"
        )
    return answer.stdout


def build_module(
    workshop: Workshop,
    source: Path,
    packages: Sequence[str],
    names: Sequence[str],
    prepare: Callable[[Workshop, Path], None] = lambda _workshop, _module: None,
) -> None:
    """Build packages of a module kept in this repository (go.mod, go.sum and perhaps sources).

    `prepare` may change the copy of the module that is built.
    """
    module = workshop.work / "module"
    shutil.copytree(source, module)
    prepare(workshop, module)
    for package, name in zip(packages, names, strict=True):
        go(
            workshop,
            ["build", "-v", "-mod=readonly", "-ldflags", LINK, "-o", str(workshop.out / name), package],
            module,
        )


def module_directory(workshop: Workshop, module: str, cwd: Path) -> Path:
    """Where the module cache keeps a module that go.mod in `cwd` requires."""
    return Path(go(workshop, ["list", "-m", "-f", "{{.Dir}}", module], cwd).strip())


def download(workshop: Workshop, module: str) -> dict[str, str]:
    """Fetch one module; answers its Dir and GoMod."""
    answer: dict[str, str] = json.loads(go(workshop, ["mod", "download", "-json", module]))
    return answer
