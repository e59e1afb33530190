# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A lab hub, a cache root, and a seeder that loses no time between attempts."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache.engine import Engine
from ansible_collections.swift.k8s.plugins.module_utils._cache.layout import Snapshot
from ansible_collections.swift.k8s.plugins.module_utils._cache.lock import Patience
from ansible_collections.swift.k8s.plugins.module_utils._cache.report import Outcome
from ansible_collections.swift.k8s.plugins.module_utils._cache.spec import Spec, parse
from ansible_collections.swift.k8s.plugins.module_utils._hub import names
from ansible_collections.swift.k8s.plugins.module_utils._hub.retry import Policy
from lab.hub import HubServer

MIB = 1 << 20
ID = "org/name.v1"
QUICK = Policy(attempts=4, first_pause=0.01, longest_pause=0.05)
PATIENCE = Patience(stale=0.4, beat=0.05, poll=0.02, settle=0.02)


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that no compression and no zeroed block can imitate, the same each time."""
    return random.Random(seed).randbytes(size)


#: what only ModelScope's old client reads
MARKERS = (names.OLD_INDEX, names.OLD_ID, names.OLD_REVISION)
FILES = {"config.json": b"{}", "weights/a.bin": noise(3 * MIB), "empty": b"", "子 目录/词 表.txt": "词".encode()}


class Cache:
    """One cache root and what a person would do with it. `events` is everything the last run told."""

    def __init__(self, root: Path, hub: HubServer) -> None:
        self.root = root
        self.hub = hub
        self.events: list[dict[str, Any]] = []

    def spec(self, document: dict[str, Any] | None = None, **model: Any) -> Spec:
        wish = {"id": ID, "endpoint": self.hub.url, **model}
        whole = {"root": str(self.root), "reserve": "1MiB", "stall_timeout": 10, "models": [wish], **(document or {})}
        return parse(whole, os.environ, secrets_inside=True)._replace(policy=QUICK)

    def engine(self, document: dict[str, Any] | None = None, **model: Any) -> Engine:
        stop = threading.Event()
        spec = self.spec(document, **model)
        return Engine(spec, self.events.append, stop, PATIENCE, str(self.root.parent / "rate"))

    def seed(self, document: dict[str, Any] | None = None, **model: Any) -> Outcome:
        self.events.clear()
        return self.engine(document, **model).seed()[0]

    def plan(self, document: dict[str, Any] | None = None, **model: Any) -> Outcome:
        return self.engine(document, **model).plan()[0]

    def snapshot(self, revision: str = "master", kind: str = "model") -> Snapshot:
        return Snapshot(str(self.root), ID, kind, revision)

    def files(self, revision: str = "master") -> dict[str, bytes]:
        """What a reader sees under the snapshot's names, less the index of ModelScope's old client."""
        top = Path(self.snapshot(revision).files)
        found = {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        return {path: content for path, content in found.items() if path not in MARKERS}

    def part_bytes(self, revision: str = "master") -> int:
        try:
            with os.scandir(self.snapshot(revision).work) as entries:
                return sum(entry.stat().st_size for entry in entries if entry.name.endswith(".part"))
        except FileNotFoundError:
            return 0

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == kind]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HubServer, Path]]:
    root = tmp_path_factory.mktemp("hub")
    with HubServer(repo_root=str(root)) as server:
        yield server, root


@pytest.fixture
def hub(_server: tuple[HubServer, Path]) -> HubServer:
    """The lab hub, empty, healthy, and with all counts at zero."""
    server, root = _server
    for entry in root.iterdir():
        shutil.rmtree(entry)
    server.reset()
    return server


@pytest.fixture
def cache(tmp_path: Path, hub: HubServer) -> Cache:
    return Cache(tmp_path / "cache", hub)
