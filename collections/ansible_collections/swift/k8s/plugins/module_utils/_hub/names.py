# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Where things stand below a cache root. Pure strings, the same on a disk and behind a web server."""

from __future__ import annotations

import os
import re

#: three files in a snapshot without which ModelScope clients up to 1.37 do not believe it: index, id, revision
OLD_INDEX, OLD_ID, OLD_REVISION = ".msc", ".mdl", ".mv"
OLD_MARKS = frozenset((OLD_INDEX, OLD_ID, OLD_REVISION))

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}")
_COMMIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def id_problem(model_id: str) -> str:
    """Why an id is not `organisation/name`, or an empty string."""
    parts = model_id.split("/")
    if len(parts) != 2 or not all(_PART.fullmatch(part) for part in parts):
        return "is not organisation/name (letters, digits, '.', '_' and '-')"
    if "--" in parts[0]:
        # a--b/c and a/b--c would be one directory
        return "has '--' in its organisation, which stands for the slash on the disk"
    return ""


def revision_problem(revision: str) -> str:
    """Why a revision is refused, or an empty string."""
    if not _REVISION.fullmatch(revision) or ".." in revision or "//" in revision or revision.endswith(("/", ".part")):
        return "is not a branch, tag or commit"
    return ""


def is_commit(name: str) -> bool:
    """Whether what a hub calls a commit can be the name of a directory, which is removed when the commit changes."""
    return bool(_COMMIT.fullmatch(name))


def dashed(model_id: str) -> str:
    """The id as one name of a directory."""
    return "--".join(split(model_id))


def old_id(model_id: str) -> str:
    """The id as ModelScope clients up to 1.37 write it, and call the directory."""
    organisation, name = split(model_id)
    return f"{organisation}/{name.replace('.', '___')}"


def repository_path(model_id: str, kind: str) -> str:
    return f"{kind}s/{dashed(model_id)}"


def snapshot_path(model_id: str, kind: str, revision: str) -> str:
    return f"{repository_path(model_id, kind)}/snapshots/{flat(revision)}"


def manifest_path(model_id: str, kind: str, revision: str) -> str:
    return f"{repository_path(model_id, kind)}/manifests/{flat(revision)}.json"


def beside_snapshot(path: str) -> str:
    """The manifest of the snapshot at a path; empty where the path is not that of a snapshot."""
    parent, revision = os.path.split(path)
    repository, kind = os.path.split(parent)
    return os.path.join(repository, "manifests", f"{revision}.json") if kind == "snapshots" else ""


def work_path(model_id: str, kind: str, revision: str) -> str:
    """Unfinished files, the journal and the seeder's lock of one snapshot."""
    return f"{repository_path(model_id, kind)}/.seed/{flat(revision)}"


def flat(revision: str) -> str:
    """A revision as one path component: `refs/pr/1` has no directory of its own."""
    return revision.replace("/", "--")


def split(model_id: str) -> tuple[str, str]:
    organisation, _slash, name = model_id.partition("/")
    return organisation, name
