"""The virtual environment: one a lock file and Python, kept in the cache and linked as .venv in the checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from console import BootstrapError, say

STAMP = "swift-k8s-complete"


def location(cache: Path, lock: Path) -> Path:
    """Where the environment of this lock file and this interpreter belongs."""
    identity = lock.read_bytes() + sys.version.encode() + sys.base_prefix.encode()
    return cache / "venv" / f"dev-{hashlib.sha256(identity).hexdigest()[:16]}"


def ensure(cache: Path, lock: Path) -> Path:
    """Make the environment unless it is complete. A half-made one is removed and made anew."""
    home = location(cache, lock)
    if (home / STAMP).exists():
        return home
    if home.exists():
        say("removing an unfinished virtual environment")
        shutil.rmtree(home)
    say("creating the virtual environment (one or two minutes)")
    home.parent.mkdir(parents=True, exist_ok=True)
    run([sys.executable, "-m", "venv", str(home)], "create the virtual environment")
    # the lock is complete: without resolving, a release made after it cannot get into the way
    pip(home, ["install", "--no-deps", "--require-hashes", "-r", str(lock)])
    pip(home, ["check"])
    (home / STAMP).touch()
    return home


def link(home: Path, checkout: Path) -> None:
    """Point .venv of the checkout at the environment, replacing only a link."""
    target = checkout / ".venv"
    if target.is_symlink():
        if Path(os.readlink(target)) == home:
            return
        target.unlink()
    elif target.exists():
        raise BootstrapError(f"{target} exists and is not a link: move it away, then run this again.")
    target.symlink_to(home)


def site_packages(home: Path) -> Path:
    """The directory that the environment imports from."""
    return next((home / "lib").glob("python3.*")) / "site-packages"


def pip(home: Path, arguments: list[str]) -> None:
    """Run the environment's pip quietly."""
    run([str(home / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], "run pip")


def run(command: list[str], what: str) -> None:
    """Run a command; its output is shown only when it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise BootstrapError(
            f"could not {what} (status {done.returncode}):\n{tail}\nMend the cause, then run this again."
        )
