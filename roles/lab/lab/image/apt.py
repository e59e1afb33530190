"""apt-get with the machine's own sources, quiet, and one refresh of the package lists when something is not found."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..errors import LabError

_QUIET = ("apt-get", "--quiet=2", "-o", "APT::Sandbox::User=root")


def apt_get(arguments: Sequence[str], purpose: str, cwd: Path | None = None, config: Path | None = None) -> None:
    """Run it. Stale or missing lists are refreshed once; `config` names other sources than the machine's."""
    answer = _run(arguments, cwd, config)
    if answer.returncode and not _run(["update"], cwd, config).returncode:
        answer = _run(arguments, cwd, config)
    if answer.returncode:
        raise LabError(
            f"apt-get cannot {purpose}: {answer.stderr.strip()}",
            "check the machine's apt sources and network (apt-get update), then try again",
        )


def _run(arguments: Sequence[str], cwd: Path | None, config: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if config is not None:
        environment["APT_CONFIG"] = str(config)
    return subprocess.run([*_QUIET, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
