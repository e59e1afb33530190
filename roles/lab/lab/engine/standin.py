"""Image lab-engine: the stand-in on Debian's Python."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from ..errors import LabError
from ..image import Image, debian_python, rootfs_layer
from ..paths import CHECKOUT
from .real import USER, VERSION

REVISION = "2"
PACKAGES = ("python3", "python3-yaml", "dash", "coreutils", "ca-certificates")
SOURCE = Path(__file__).with_name("lab_engine")
#: ms-swift's options, which the chart checks values against
OPTIONS = CHECKOUT / "charts/ms-swift/files/arguments" / f"{VERSION}.json"
COMMANDS = ("deploy", "sft", "pt", "rlhf", "export", "infer", "eval")
SITE = "usr/lib/python3/dist-packages"
_COMMAND = 'from lab_engine.cli import run\n\nif __name__ == "__main__":\n    run("{command}")\n'
_MAIN = 'from lab_engine.cli import main, parse_yaml_args\n\nif __name__ == "__main__":\n    main()\n'
_SWIFT = '#!/bin/sh\nexec python3 -m swift.cli.main "$@"\n'


def standin() -> Image:
    """lab-engine:4.6.0, from the cache when its recipe is unchanged."""
    base = rootfs_layer(
        f"lab-engine base {PACKAGES} {USER} {REVISION}", lambda place: debian_python(PACKAGES, place, USER)
    )
    own = rootfs_layer(f"lab-engine {_digest()} {REVISION}", _fill)
    env = {"HOME": "/home/swift", "PYTHONUNBUFFERED": "1"}
    return Image("lab-engine", VERSION, [base, own], command=["python3"], env=env, user="1000", workdir="/home/swift")


def write_site(place: Path) -> None:
    """The importable stand-in: package lab_engine, and `swift.cli` that calls it."""
    if not OPTIONS.exists():
        raise LabError(f"{OPTIONS.relative_to(CHECKOUT)} is missing", "make it with scripts/swift_arguments.py")
    package = place / "lab_engine"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(OPTIONS, package / "options.json")
    cli = place / "swift" / "cli"
    cli.mkdir(parents=True)
    (place / "swift/__init__.py").write_text(f'__version__ = "{VERSION}"\n')
    (cli / "__init__.py").touch()
    (cli / "main.py").write_text(_MAIN)
    for command in COMMANDS:
        (cli / f"{command}.py").write_text(_COMMAND.format(command=command))


def _fill(directory: Path) -> None:
    write_site(directory / SITE)
    programs = directory / "usr/local/bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to("/usr/bin/python3")
    (programs / "swift").write_text(_SWIFT)
    (programs / "swift").chmod(0o755)


def _digest() -> str:
    parts = [path.read_bytes() for path in (OPTIONS, Path(__file__), *sorted(SOURCE.glob("*.py"))) if path.exists()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
