"""kubernetes.core: from Galaxy where it answers, else out of the `ansible` wheel, which holds the same files."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from console import BootstrapError, say
from environment import pip, site_packages

GALAXY_SECONDS = 60


def ensure(home: Path, requirements: Path, wheel_lock: Path) -> None:
    """Have the required collections importable in the environment."""
    target = site_packages(home)
    if (target / "ansible_collections/kubernetes/core/MANIFEST.json").exists():
        return
    say("installing kubernetes.core")
    if not from_galaxy(home, requirements, target):
        say("Galaxy does not answer: taking kubernetes.core out of the ansible wheel")
        from_wheel(home, wheel_lock, target)


def from_galaxy(home: Path, requirements: Path, target: Path) -> bool:
    """One attempt with the ordinary client; False when it cannot be reached in time."""
    command = [str(home / "bin/ansible-galaxy"), "collection", "install", "-r", str(requirements), "-p", str(target)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=GALAXY_SECONDS, cwd=home)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def from_wheel(home: Path, wheel_lock: Path, target: Path) -> None:
    """Unpack one collection's files from the community bundle; renamed into place when complete."""
    prefix = "ansible_collections/kubernetes/core/"
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        pip(home, ["download", "--no-deps", "--require-hashes", "-d", scratch, "-r", str(wheel_lock)])
        wheels = list(Path(scratch).glob("ansible-*.whl"))
        if len(wheels) != 1:
            raise BootstrapError(
                f"{wheel_lock} must name the ansible wheel, found {len(wheels)} of it: restore the file."
            )
        with zipfile.ZipFile(wheels[0]) as archive:
            archive.extractall(scratch, [name for name in archive.namelist() if name.startswith(prefix)])
        place = target / prefix
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(Path(scratch) / prefix), place)
