# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A chart on disk, unpacked or packaged: name, version and a digest over its content that is the same for both."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import helmignore, yamldoc
from .errors import ChartError

#: Files that "helm package" writes anew: compared by meaning, not by bytes.
_REWRITTEN = ("Chart.yaml", "Chart.lock")
_REMOTE = re.compile(r"^(oci|https?)://")


@dataclass(frozen=True)
class Chart:
    """What is known of a chart before anything is rendered."""

    ref: str
    name: str
    version: str
    digest: str
    app_version: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def label(self) -> str:
        return f"{self.name}-{self.version}"


def is_local(ref: str) -> bool:
    """Whether the reference names a path of this machine and no repository."""
    if _REMOTE.match(ref):
        return False
    return os.path.isabs(ref) or ref.startswith(("./", "../", "~")) or ref.endswith(".tgz") or os.path.exists(ref)


def load(ref: str) -> Chart:
    """Read a chart directory or archive."""
    path = os.path.expanduser(ref)
    if not os.path.exists(path):
        raise ChartError(
            f"chart {ref}: no such directory or archive; check the path, "
            "or write repository charts as oci://… or with chart_repo_url"
        )
    files = dict(_directory(path) if os.path.isdir(path) else _archive(ref, path))
    metadata = _metadata(ref, files)
    return Chart(
        ref,
        str(metadata["name"]),
        str(metadata["version"]),
        digest(files),
        str(metadata.get("appVersion") or ""),
        files,
    )


def digest(files: Mapping[str, bytes]) -> str:
    """sha256 over names and contents in a stable order."""
    total = hashlib.sha256()
    for name in sorted(files):
        content = files[name]
        if os.path.basename(name) in _REWRITTEN:
            content = _canonical(name, content)
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def _canonical(name: str, content: bytes) -> bytes:
    try:
        return json.dumps(_meaning(yamldoc.load(content.decode())), sort_keys=True).encode()
    except ValueError as error:
        raise ChartError(f"chart file {name}: {error}") from error


def _meaning(data: Any) -> Any:
    """Data without empty values, which "helm package" adds and leaves out as it likes."""
    if isinstance(data, Mapping):
        return {key: _meaning(value) for key, value in data.items() if value not in (None, "", [], {})}
    return [_meaning(value) for value in data] if isinstance(data, list) else data


def _metadata(ref: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    if "Chart.yaml" not in files:
        raise ChartError(
            f"chart {ref}: there is no Chart.yaml in it; name the chart's own directory or a file made by helm package"
        )
    try:
        metadata = yamldoc.load(files["Chart.yaml"].decode())
    except ValueError as error:
        raise ChartError(f"chart {ref}: Chart.yaml is {error}") from error
    missing = [key for key in ("name", "version") if not (isinstance(metadata, dict) and metadata.get(key))]
    if missing:
        raise ChartError(f"chart {ref}: Chart.yaml lacks {' and '.join(missing)}; add it")
    return dict(metadata)


def _directory(root: str) -> Iterator[tuple[str, bytes]]:
    rules = helmignore.parse(
        _read(os.path.join(root, ".helmignore")).decode() if os.path.exists(os.path.join(root, ".helmignore")) else ""
    )
    for folder, names, files in os.walk(root, followlinks=True):
        inside = os.path.relpath(folder, root)
        prefix = "" if inside == "." else inside.replace(os.sep, "/") + "/"
        names[:] = sorted(name for name in names if not helmignore.ignored(rules, prefix + name, directory=True))
        for name in sorted(files):
            if not helmignore.ignored(rules, prefix + name, directory=False):
                yield from _expanded(prefix + name, _read(os.path.join(folder, name)))


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def _expanded(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A packaged dependency counts by its files, as it does once the chart around it is packaged."""
    if os.path.dirname(name) == "charts" and name.endswith(".tgz"):
        for inner, data in _members(name, content):
            yield f"charts/{inner}", data
    else:
        yield name, content


def _archive(ref: str, path: str) -> Iterator[tuple[str, bytes]]:
    for name, content in _members(ref, _read(path)):
        inner = name.partition("/")[2]
        if inner:
            yield from _expanded(inner, content)


def _members(ref: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is not None:
                    yield member.name, stream.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ChartError(f"chart {ref}: the archive is broken ({error}); fetch or package it again") from error
