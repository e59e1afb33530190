"""What bootstrap refuses before it installs anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def test_a_cache_that_is_no_directory_is_one_message(tmp_path: Path) -> None:
    file = tmp_path / "cache"
    file.touch()
    environment = {**os.environ, "SWIFT_K8S_CACHE": str(file)}
    command = [sys.executable, str(CHECKOUT / "scripts/bootstrap")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{file} is no directory that you can write: set SWIFT_K8S_CACHE to one that is." in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_lab_lacks_stands_in_the_same_list(tmp_path: Path) -> None:
    file = tmp_path / "cache"
    file.touch()
    environment = {**os.environ, "SWIFT_K8S_CACHE": str(file), "LAB_NAME": "absent", "PATH": "/nowhere"}
    command = [sys.executable, str(CHECKOUT / "scripts/bootstrap"), "--lab"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "bootstrap: this machine lacks something:"
    assert all(line.startswith("  - ") for line in lines[1:])
    for part in ("is no directory that you can write", "apt-get is missing", "go is missing"):
        assert part in done.stderr
