# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Other clients' views of a snapshot: links only, so that every byte is on the disk once."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
from collections.abc import Iterable, Iterator

from .._hub import names
from .errors import CacheError, disk_error
from .files import make_directory, write_atomically
from .layout import Snapshot, hf_repository, links
from .manifest import Manifest, Record


def missing(snapshot: Snapshot, manifest: Manifest) -> bool:
    """Whether any link or the Hugging Face view is not as it should be; reads only."""
    if any(_read(link) != target for link, target in links(snapshot).items()):
        return True
    if snapshot.kind == "model" and not os.path.exists(snapshot.file(names.OLD_INDEX)):
        return True
    view = hf_repository(snapshot)
    stale = any(_ref(view, name) != manifest.commit for name in _names(snapshot))
    return stale or not os.path.isdir(_hf_snapshot(view, manifest.commit))


def make(snapshot: Snapshot, manifest: Manifest) -> None:
    """All views of one snapshot. The last snapshot linked is the one that engines see under the hub's name."""
    try:
        for link, target in links(snapshot).items():
            _link(link, target)
        _hugging_face(snapshot, manifest)
        if snapshot.kind == "model":
            _old_modelscope(snapshot, manifest)
    except OSError as error:
        raise disk_error(error, snapshot.link) from error


def remove(snapshot: Snapshot) -> None:
    """The views of a snapshot that goes; those that point elsewhere stay, also where both are the same commit."""
    shown = _read(snapshot.link) == links(snapshot)[snapshot.link]
    for link, target in links(snapshot).items():
        if _read(link) == target:
            os.unlink(link)
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(link))
    view = hf_repository(snapshot)
    commit = _ref(view, snapshot.revision)
    for name in _names(snapshot) if shown else (snapshot.revision,):
        if commit and _ref(view, name) == commit:
            os.unlink(os.path.join(view, "refs", name))
    if commit and (shown or not _still_referenced(view, commit)):
        shutil.rmtree(_hf_snapshot(view, commit), ignore_errors=True)
    if not any(_refs(view)):
        shutil.rmtree(view, ignore_errors=True)


def _hugging_face(snapshot: Snapshot, manifest: Manifest) -> None:
    """`refs/<revision>` names the commit, `snapshots/<commit>` holds one relative link a file."""
    view = hf_repository(snapshot)
    target = _hf_snapshot(view, manifest.commit)
    staging = f"{target}.part"
    shutil.rmtree(staging, ignore_errors=True)
    for record in manifest.files:
        link = os.path.join(staging, record.path)
        make_directory(os.path.dirname(link))
        # relative to where it will be, which is as deep as where it is
        os.symlink(os.path.relpath(snapshot.file(record.path), os.path.dirname(link)), link)
    previous = {_ref(view, name) for name in _names(snapshot)} - {"", manifest.commit}
    shutil.rmtree(target, ignore_errors=True)
    make_directory(staging)
    os.replace(staging, target)
    for name in _names(snapshot):
        with write_atomically(os.path.join(view, "refs", name)) as stream:
            stream.write(manifest.commit)
    for commit in previous:
        if not _still_referenced(view, commit):
            shutil.rmtree(_hf_snapshot(view, commit), ignore_errors=True)


def _old_modelscope(snapshot: Snapshot, manifest: Manifest) -> None:
    """ModelScope clients up to 1.37 believe a directory only with their own three small files in it."""
    known = ({"Path": record.path, "Revision": _file_revision(record, manifest)} for record in manifest.files)
    _write(snapshot.file(names.OLD_ID), [pickle.dumps({"id": names.old_id(snapshot.id)}, protocol=2)])
    _write(snapshot.file(names.OLD_REVISION), [snapshot.revision.encode()])
    _write(snapshot.file(names.OLD_INDEX), _pickled_list(known))


def _pickled_list(items: Iterable[object]) -> Iterator[bytes]:
    """`pickle.dumps(list(items), protocol=2)` without the list: 50,000 entries would not fit the memory we promise.

    Each entry is a pickle of its own less its frame (PROTO and version before it, STOP after it).
    """
    yield pickle.PROTO + b"\x02" + pickle.EMPTY_LIST + pickle.MARK
    for item in items:
        yield pickle.dumps(item, protocol=2)[2:-1]
    yield pickle.APPENDS + pickle.STOP


def _file_revision(record: Record, manifest: Manifest) -> str:
    return record.tag[len("rev:") :] if record.tag.startswith("rev:") else manifest.commit


def _write(path: str, content: Iterable[bytes]) -> None:
    temporary = f"{path}.part"
    with open(temporary, "wb") as stream:
        stream.writelines(content)
    os.replace(temporary, path)


def _link(link: str, target: str) -> None:
    if _read(link) == target:
        return
    if os.path.lexists(link) and not os.path.islink(link):
        raise CacheError(
            f"{link} is not a link of ours",
            "An older client wrote there and would win over this cache; move it away and run again",
        )
    make_directory(os.path.dirname(link))
    temporary = f"{link}.part"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    os.symlink(target, temporary)
    os.replace(temporary, link)


def _names(snapshot: Snapshot) -> tuple[str, ...]:
    """Refs of the linked snapshot: its own, and the one that a client asks for when nobody says which."""
    return (snapshot.revision,) if snapshot.revision == "main" else (snapshot.revision, "main")


def _read(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def _hf_snapshot(view: str, commit: str) -> str:
    return os.path.join(view, "snapshots", commit)


def _ref(view: str, revision: str) -> str:
    try:
        with open(os.path.join(view, "refs", revision), encoding="ascii") as stream:
            commit = stream.read().strip()
    except (OSError, ValueError):
        return ""
    return commit if names.is_commit(commit) else ""


def _refs(view: str) -> Iterable[str]:
    top = os.path.join(view, "refs")
    for directory, _directories, found in os.walk(top):
        yield from (os.path.relpath(os.path.join(directory, name), top) for name in found)


def _still_referenced(view: str, commit: str) -> bool:
    return any(_ref(view, revision) == commit for revision in _refs(view))
