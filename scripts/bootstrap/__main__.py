"""Set up everything that a checkout needs: `make bootstrap`. Says nothing when all is there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import checks
import environment
import galaxy
import helm
import lab_needs
from console import BootstrapError, fail

CHECKOUT = Path(__file__).resolve().parents[2]


def cache_directory() -> Path:
    """SWIFT_K8S_CACHE, else a directory of our own in the XDG cache."""
    if chosen := os.environ.get("SWIFT_K8S_CACHE"):
        return Path(chosen).expanduser().resolve()
    xdg = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(xdg).expanduser() / "swift-k8s"


def main(words: list[str]) -> None:
    """Check first, all at once (with --lab what the lab needs, too); then make what is missing, each part resumable."""
    cache = cache_directory()
    if problems := [*checks.missing(cache), *(lab_needs.lacking(CHECKOUT) if "--lab" in words else [])]:
        fail(problems)
    try:
        home = environment.ensure(cache, CHECKOUT / "requirements/dev.txt")
        galaxy.ensure(home, CHECKOUT / "requirements.yml", CHECKOUT / "requirements/wheel-ansible.txt")
        helm.ensure(home, CHECKOUT / "requirements/wheel-helm.txt")
        helm.ensure_next(home, CHECKOUT / "requirements/wheel-helm4.txt")
        environment.link(home, CHECKOUT)
    except BootstrapError as problem:
        fail([str(problem)])
    except (PermissionError, NotADirectoryError) as problem:
        fail([f"{problem.filename}: {problem.strerror}. Use a checkout and a cache (SWIFT_K8S_CACHE) of your own."])
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1:])
