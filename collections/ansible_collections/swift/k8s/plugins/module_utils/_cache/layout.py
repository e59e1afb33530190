# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a snapshot's files, manifest, unfinished work and links stand below a cache root. Pure paths."""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

from .._hub import names

PART_SUFFIX = ".part"
READY_SUFFIX = ".ready"
SIDECAR_SUFFIX = ".json"
JOURNAL = "journal"
LOCK = "lock"


class Snapshot(NamedTuple):
    root: str
    id: str
    kind: str
    revision: str

    @property
    def repository(self) -> str:
        return os.path.join(self.root, names.repository_path(self.id, self.kind))

    @property
    def files(self) -> str:
        return os.path.join(self.root, names.snapshot_path(self.id, self.kind, self.revision))

    @property
    def manifest(self) -> str:
        return os.path.join(self.root, names.manifest_path(self.id, self.kind, self.revision))

    @property
    def work(self) -> str:
        return os.path.join(self.root, names.work_path(self.id, self.kind, self.revision))

    @property
    def link(self) -> str:
        """The path that a pod is given as its model: absolute, ending in the hub's name of it."""
        return os.path.join(self.root, f"{self.kind}s", *names.split(self.id))

    def file(self, path: str) -> str:
        return os.path.join(self.files, path)

    def part(self, path: str) -> str:
        return os.path.join(self.work, work_name(path) + PART_SUFFIX)

    def ready(self, path: str) -> str:
        return os.path.join(self.work, work_name(path) + READY_SUFFIX)


def work_name(path: str) -> str:
    """One flat name for any listed path, however long and deep."""
    return hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def links(snapshot: Snapshot) -> dict[str, str]:
    """Link -> target, relative, so that the root may be mounted anywhere.

    `models/org/name` for engines and `--model`, `models/org/na___me` for ModelScope clients up to 1.37.
    """
    kind = os.path.join(snapshot.root, f"{snapshot.kind}s")
    target = os.path.relpath(snapshot.files, os.path.join(kind, names.split(snapshot.id)[0]))
    return {os.path.join(kind, shown): target for shown in (snapshot.id, names.old_id(snapshot.id))}


def hf_repository(snapshot: Snapshot) -> str:
    return os.path.join(snapshot.root, "hf", "hub", f"{snapshot.kind}s--{names.dashed(snapshot.id)}")
