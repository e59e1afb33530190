# SPDX-License-Identifier: Apache-2.0
"""What an output directory holds. The record lies beside it, because ms-swift refuses a directory that exists."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from swift_pod_errors import LaunchError

#: options of ms-swift that name weights a result is made from
_INPUTS = ("model", "adapters")


def inputs(arguments: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The arguments with what their links lead to: last-checkpoint is another adapter after another training."""
    return {**arguments, **{name: _followed(arguments[name]) for name in names or _INPUTS if name in arguments}}


def _followed(value: Any) -> Any:
    if isinstance(value, list):
        return [_followed(item) for item in value]
    if not isinstance(value, str) or not value.startswith("/"):
        return value
    path = os.path.realpath(value)
    try:
        # ms-swift writes it beside all that it makes: a training done anew makes other weights of the same name
        return f"{path} of {os.stat(os.path.join(path, 'args.json')).st_mtime_ns}"
    except OSError:
        return path


def digest(arguments: Mapping[str, Any]) -> str:
    """The same arguments give the same digest, in any order."""
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()


def record_path(directory: Path) -> Path:
    return directory.parent / f".{directory.name}.swift-k8s.json"


def read(directory: Path) -> dict[str, Any]:
    """The record of a directory; empty when there is none, or half of one."""
    try:
        record = json.loads(record_path(directory).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write(directory: Path, key: str, state: str, kin: Mapping[str, Any] | None = None) -> None:
    """Record a state, and of a training what it trains, whole or not at all."""
    path = record_path(directory)
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as stream:
            json.dump({"digest": key, "state": state, **({"kin": kin} if kin else {})}, stream)
            stream.flush()
            os.fsync(stream.fileno())  # a node that fails would leave an empty file, and the output nobody's
        os.replace(part, path)
    except OSError as error:
        raise LaunchError(
            f"record {path} of the output cannot be written ({error.strerror}): make room on the claim, or enlarge it"
        ) from error


def claim(directory: Path, key: str, *, clear: bool) -> bool:
    """Return whether there is work: False when this very result is there. Leftovers of a killed run are removed
    if ``clear``; anything else is somebody's data and an error."""
    record = read(directory)
    if directory.exists() and not directory.is_dir():
        raise LaunchError(f"output {directory} is a file: set output.path to a directory")
    if not directory.exists() or not any(directory.iterdir()):
        if clear:
            _make_room(directory)
        write(directory, key, "running")
        return True
    if not record:
        raise LaunchError(
            f"output {directory} exists and no run of this chart made it: set output.path to a new directory"
        )
    if record.get("state") == "done" or "kin" in record:
        if record.get("digest") == key:
            return False
        raise LaunchError(
            f"output {directory} holds the result of other arguments or weights: set output.path to a new directory"
        )
    if clear:
        _make_room(directory)
    write(directory, key, "running")
    return True


def _make_room(directory: Path) -> None:
    """Remove what a killed run left: ms-swift refuses a directory that exists, even an empty one."""
    if directory.is_symlink():
        raise LaunchError(
            f"output {directory} is a link to {os.readlink(directory)}: set output.path to a directory that is none"
        )
    try:
        if directory.exists():
            shutil.rmtree(directory)
    except OSError as error:
        raise LaunchError(
            f"output {directory} has leftovers of a killed run that cannot be removed ({error.strerror}): remove them,"
            " or set output.path to a new directory"
        ) from error


def require_kin(directory: Path, kin: Mapping[str, Any], free: Collection[str] = ()) -> None:
    """Refuse to go on from the checkpoints of another training: it would count their steps as its own.

    What is named in `free` may differ.
    """
    before = read(directory).get("kin") or kin
    for name in sorted({*kin, *before}.difference(free)):
        if before.get(name) != kin.get(name):
            raise LaunchError(
                f"output {directory} holds a training with {name} {before.get(name)}, and this one has {kin.get(name)}:"
                " set output.path to a new directory"
            )
