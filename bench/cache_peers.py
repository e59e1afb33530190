"""What others use to fetch a model, each with its own way to verify it; only those that are installed are measured."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from cache_site import MIB, Site

CACHE = Path(os.environ.get("SWIFT_K8S_CACHE") or Path.home() / ".cache/swift-k8s")
#: made by the lab hub's contract test (pytest -m clients)
CLIENTS = max((path.parent for path in CACHE.glob("venv/clients-new-*/complete")), default=CACHE) / "bin"
#: those that compare a sha256 before they call a file done
VERIFYING = ("modelscope", "aria2 --checksum", "curl, then sha256sum")


def installed() -> dict[str, Callable[[Site, str], None]]:
    """Every peer that can run here, by name."""
    peers: dict[str, Callable[[Site, str], None]] = {}
    if (CLIENTS / "modelscope").exists():
        peers["modelscope"] = modelscope
    if (CLIENTS / "hf").exists():
        peers["huggingface_hub"] = huggingface
    if shutil.which("curl"):
        peers["curl"] = curl
        peers["curl, then sha256sum"] = curl_and_sha256sum
    if shutil.which("aria2c"):
        peers["aria2"] = aria2
        peers["aria2 --checksum"] = aria2_checksum
    return peers


def absent() -> list[str]:
    """A sentence for each peer that is not here, with the way to have it."""
    ways = {
        "modelscope": "pytest -m clients installs it",
        "huggingface_hub": "pytest -m clients installs it",
        "curl": "apt-get install curl",
        "aria2": "apt-get install aria2",
    }
    here = installed()
    return [f"{name} is not measured, it is not installed ({way})" for name, way in ways.items() if name not in here]


def seconds(peer: Callable[[Site, str], None], place: Site, model: str) -> float:
    place.clean()
    place.root.mkdir()
    begin = time.monotonic()
    peer(place, model)
    return time.monotonic() - begin


def modelscope(place: Site, model: str) -> None:
    run([str(CLIENTS / "modelscope"), "download", "--model", model], place, MODELSCOPE_CACHE=str(place.root))


def huggingface(place: Site, model: str) -> None:
    run([str(CLIENTS / "hf"), "download", model], place, HF_HOME=str(place.root))


def curl(place: Site, model: str) -> None:
    """As curl is used for several files: four at a time."""
    words: list[str] = []
    for path, address, _sha256 in listed(place, model):
        words += ["-o", str(place.root / path), address]
    run(["curl", "-sSfL", "--parallel", "--parallel-max", "4", *words], place)


def curl_and_sha256sum(place: Site, model: str) -> None:
    curl(place, model)
    known = "".join(f"{sha256}  {path}\n" for path, _address, sha256 in listed(place, model))
    subprocess.run(["sha256sum", "-c", "--quiet"], input=known, text=True, cwd=place.root, check=True)


def aria2(place: Site, model: str, *more: str) -> None:
    _aria2(place, model, False, *more)


def aria2_checksum(place: Site, model: str) -> None:
    _aria2(place, model, True)


def _aria2(place: Site, model: str, checksum: bool, *more: str) -> None:
    lines = []
    for path, address, sha256 in listed(place, model):
        lines += [address, f"  out={path}"] + ([f"  checksum=sha-256={sha256}"] if checksum else [])
    jobs = place.scratch / "aria2.txt"
    jobs.write_text("\n".join(lines))
    words = ["aria2c", "-q", "-j4", "-x1", "--file-allocation=none", "-d", str(place.root), "-i", str(jobs), *more]
    run(words, place)


def one_core_sha256() -> float:
    """MiB/s of hashlib on one core: nothing that verifies can be faster on one file."""
    block, total = bytes(MIB), hashlib.sha256()
    begin = time.monotonic()
    for _number in range(512):
        total.update(block)
    return 512 / (time.monotonic() - begin)


def listed(place: Site, model: str) -> list[tuple[str, str, str]]:
    with urllib.request.urlopen(
        f"{place.hub}/api/v1/models/{model}/repo/files?Revision=master&Recursive=True"
    ) as answer:
        files = json.load(answer)["Data"]["Files"]
    base = f"{place.hub}/api/v1/models/{model}/repo?Revision=master&FilePath="
    return [(f["Path"], base + quote(f["Path"]), f["Sha256"]) for f in files if f["Type"] == "blob"]


def run(words: list[str], place: Site, **environ: str) -> None:
    """Run to the end; a peer that fails is no measurement."""
    ends = {"MODELSCOPE_ENDPOINT": place.hub, "HF_ENDPOINT": place.hub, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    quiet = subprocess.DEVNULL
    subprocess.run(words, env={**os.environ, **ends, **environ}, stdout=quiet, stderr=quiet, check=True)
