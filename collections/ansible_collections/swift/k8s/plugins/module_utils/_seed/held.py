# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What a cache holds of one model or data set: the revisions whose manifest says that they are verified."""

from __future__ import annotations

import functools
import os
from typing import NamedTuple, Optional

from .._cache import manifest as manifests
from .._cache.errors import DamagedManifest
from .._cache.layout import Snapshot
from .._cache.manifest import Manifest, Record
from .._hub.names import flat, id_problem, manifest_path

#: what clients ask for when nobody says which revision: Hugging Face's and ModelScope's
MAIN, MASTER = "main", "master"
_DEFAULTS = (MAIN, MASTER)


class Held(NamedTuple):
    """`linked` is the revision that engines see under the hub's name, as its directory is called; it may be empty."""

    revisions: tuple[Manifest, ...]
    linked: str = ""

    def at(self, name: str) -> list[Manifest]:
        """What a branch, tag or commit means, best first; empty where the cache has none of that name.

        `main` and `master` stand for each other, and without either for the linked one. Two revisions of one commit may
        hold different files, so all of them are an answer to it.
        """
        default = name in _DEFAULTS
        for wanted in (name, *_DEFAULTS) if default else (name,):
            found = [revision for revision in self.revisions if revision.revision == wanted]
            if found:
                return found
        if default:
            return [revision for revision in self.revisions if flat(revision.revision) == self.linked]
        found = [revision for revision in self.revisions if revision.commit == name]
        return sorted(found, key=lambda revision: -len(revision.files))

    def file(self, name: str, path: str) -> Optional[tuple[Manifest, Record]]:
        """The record of a file at a revision, and the revision that holds it."""
        for revision in self.at(name):
            at = manifests.position(revision.files, path)
            if at >= 0:
                return revision, revision.files[at]
        return None


def read(root: str, kind: str, model_id: str) -> Held:
    """From the disk. Manifests that cannot be read count as none: their files are verified by nobody."""
    if id_problem(model_id):
        return Held(())
    directory = os.path.join(root, os.path.dirname(manifest_path(model_id, kind, MAIN)))
    try:
        paths = [entry.path for entry in os.scandir(directory) if entry.name.endswith(".json")]
        found = [_read(path) for path in sorted(paths)]
    except OSError:
        return Held(())
    ours = tuple(each for each in found if each and (each.kind, each.id) == (kind, model_id))
    return Held(ours, _linked(root, kind, model_id))


def _linked(root: str, kind: str, model_id: str) -> str:
    try:
        return os.path.basename(os.readlink(Snapshot(root, model_id, kind, MAIN).link))
    except OSError:
        return ""


def _read(path: str) -> Optional[Manifest]:
    status = os.stat(path)
    return _parsed(path, (status.st_ino, status.st_size, status.st_mtime_ns))


@functools.lru_cache(maxsize=8)
def _parsed(path: str, _stamp: tuple[int, int, int]) -> Optional[Manifest]:
    """A client asks twice for each of up to 50,000 files; manifests are replaced, never changed."""
    try:
        return manifests.read(path)
    except DamagedManifest:
        return None
