"""What a machine must have before anything is installed. Every check answers with a sentence or with nothing."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

PYTHON_MINIMUM = (3, 11)
FREE_GIB = 3


def python_version() -> str | None:
    """ansible-core 2.19 runs on Python 3.11 and later."""
    if sys.version_info[:2] >= PYTHON_MINIMUM:
        return None
    return (
        f"Python {platform.python_version()} is too old: 3.11 or later is needed. "
        "Install it and run `make PYTHON=/path/to/python3.11 …`."
    )


def venv_module() -> str | None:
    """Debian ships the venv module in a package of its own."""
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return "Python's venv module is missing: install python3-venv (apt-get install python3-venv)."
    return None


def linux() -> str | None:
    """The lab needs Linux namespaces; the collection itself is tested on Linux only."""
    if sys.platform == "linux":
        return None
    return f"the system is {platform.system()}: run this on Linux, in a virtual machine if need be."


def free_disk(cache: Path) -> str | None:
    """The virtual environment takes about 1 GiB; the lab says for itself what it needs."""
    free = shutil.disk_usage(existing_parent(cache)).free / 2**30
    if free >= FREE_GIB:
        return None
    return (
        f"{cache} has {free:.1f} GiB free: {FREE_GIB} GiB are needed. Free some or set SWIFT_K8S_CACHE to another disk."
    )


def cache_writable(cache: Path) -> str | None:
    """The cache lives outside the checkout, so that a fresh clone finds it warm."""
    parent = existing_parent(cache)
    if parent.is_dir() and os.access(parent, os.W_OK):
        return None
    return f"{parent} is no directory that you can write: set SWIFT_K8S_CACHE to one that is."


def existing_parent(path: Path) -> Path:
    """The nearest ancestor that exists, for questions about its file system."""
    while not path.exists():
        path = path.parent
    return path


def missing(cache: Path) -> list[str]:
    """Every reason why bootstrap cannot work here, all at once."""
    checks: list[Callable[[], str | None]] = [
        linux,
        python_version,
        venv_module,
        lambda: cache_writable(cache),
        lambda: free_disk(cache),
    ]
    return [problem for check in checks if (problem := check())]
