# SPDX-License-Identifier: Apache-2.0
"""Is there the device that the pod asked for, and can its driver carry this image? Answered before weights are read.

python devices.py VENDOR COUNT COMPATIBILITY_JSON [MODULE WORD …]: where nothing is wrong, `python -m MODULE WORD …`
follows in this very process, for a second interpreter's start would be a third of the pod's initialisation.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

_NODES = {"nvidia": re.compile(r"nvidia[0-9]+|dxg|nvmap"), "ascend": re.compile(r"v?davinci[0-9]+")}
_DRIVER = {
    "nvidia": ("proc/driver/nvidia/version", re.compile(r"Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s")),
    "ascend": ("usr/local/Ascend/driver/version.info", re.compile(r"(?im)^version=(\S+)")),
}


def problems(vendor: str, count: int, table: Mapping[str, Any], environ: Mapping[str, str], root: Path) -> list[str]:
    """Everything that would stop the engine, as sentences. count 0: a share of a device, whose number says nothing."""
    nodes = sorted(path.name for path in (root / "dev").glob("*") if _NODES[vendor].fullmatch(path.name))
    hints = table[vendor]
    if not nodes:
        return [f"device of {vendor}: none in this container. {hints['none']}"]
    found = []
    # Windows and Jetson have one file, without a number, for all GPUs.
    if count and len(nodes) < count and nodes[0][-1].isdigit():
        found.append(f"devices of {vendor}: {len(nodes)} ({', '.join(nodes)}), {count} asked for. {hints['few']}")
    version = driver(vendor, root)
    if version is None:
        if "driver" in hints:  # WSL, gVisor and Kata hide the file of an NVIDIA driver that works
            found.append(f"driver of {vendor}: version file {_DRIVER[vendor][0]} is not readable. {hints['driver']}")
        return found
    toolkit = environ.get(hints["toolkit_env"], "")
    least = hints["toolkit_needs_driver"].get(toolkit.split(".")[0])
    if least and _number(version) < _number(least):
        found.append(f"{_too_old(version, toolkit, hints)} to {least} or newer")
    return found


def _too_old(version: str, toolkit: str, hints: Mapping[str, Any]) -> str:
    """What the driver supports and the image needs, and the newest published image that the driver carries."""
    name, major = hints["toolkit"], hints["toolkit_needs_driver"]
    known = [newest for least, newest in hints["driver_supports"] if _number(version) >= _number(least)]
    tags = [tag for made, tag in hints["published"] if _number(version) >= _number(major[made.split(".")[0]])]
    supports = f"supports {name} {known[0]}" if known else f"supports no {name} that is known here"
    needs = ".".join(toolkit.split(".")[:2])
    advice = f"use image.tag {tags[0]}, or upgrade the driver" if tags else "upgrade the driver"
    return f"driver {version} {supports}; this image needs {needs}: {advice}"


def driver(vendor: str, root: Path) -> Optional[str]:
    """The driver's version, or None where its file is not shown."""
    path, pattern = _DRIVER[vendor]
    try:
        match = pattern.search((root / path).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return match[1] if match else None


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def main(vendor: str, count: str, table: str, *follows: str) -> int:
    found = problems(vendor, int(count), json.loads(Path(table).read_text(encoding="utf-8")), os.environ, Path("/"))
    for problem in found:
        print(f"devices: {problem}", file=sys.stderr)
    if not found and driver(vendor, Path("/")) is None:
        print(f"devices: the driver's version file /{_DRIVER[vendor][0]} is not shown to this container: not checked")
    if found:
        return 1
    if follows:
        sys.argv = list(follows)
        sys.path.pop(0)  # this directory must not shadow a module of what follows
        runpy.run_module(follows[0], run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
