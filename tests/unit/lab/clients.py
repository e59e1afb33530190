"""The real hub clients of both generations, each in a virtual environment in the cache, by pip from a lock file."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from lab.paths import CHECKOUT, cache_root

GENERATIONS = ("old", "new")
#: what each client is told to do; the repository lands in a directory whose name is printed
PROGRAMS = {
    "modelscope": """
import os, sys
from modelscope.hub.snapshot_download import dataset_snapshot_download, snapshot_download
url, kind, repository, revision, place = sys.argv[1:]
load = dataset_snapshot_download if kind == "dataset" else snapshot_download
# before 1.38 the environment cannot name a plain-http address, the argument can
print(load(repository, revision=revision, cache_dir=place, endpoint=url))
""",
    "huggingface": """
import sys
from huggingface_hub import snapshot_download
url, kind, repository, revision, place = sys.argv[1:]
print(snapshot_download(repository, repo_type=kind, revision=revision, cache_dir=place, endpoint=url))
""",
}


def interpreter(generation: str) -> Path:
    """The environment's Python; made on first use and again when the lock file changes."""
    lock = CHECKOUT / "requirements" / f"clients-{generation}.txt"
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:12]
    place = cache_root() / "venv" / f"clients-{generation}-{digest}"
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        venv.create(place, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "--require-hashes", "--requirement", str(lock)], check=True)
        (place / "complete").touch()
    return python


def download(
    generation: str, client: str, url: str, repository: str, place: Path, kind: str = "model", revision: str = "master"
) -> Path:
    """Let a real client fetch a repository; where it put the files."""
    home = place / "home"
    home.mkdir(parents=True, exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONWARNINGS": "ignore", "NO_PROXY": "*"}
    command = [str(interpreter(generation)), "-c", PROGRAMS[client], url, kind, repository, revision, str(place)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    if answer.returncode:
        raise AssertionError(f"{client} ({generation}) ended with {answer.returncode}:\n{answer.stderr[-3000:]}")
    return Path(answer.stdout.strip().splitlines()[-1])
