# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The views of other clients: where they point, what they survive, and that nothing foreign is overwritten."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import links
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import CacheError
from ansible_collections.swift.k8s.plugins.module_utils._cache.layout import Snapshot
from ansible_collections.swift.k8s.plugins.module_utils._cache.manifest import Manifest, Record


def seeded(root: Path, revision: str = "master", commit: str = "c1") -> tuple[Snapshot, Manifest]:
    snapshot = Snapshot(str(root), "org/name.v1", "model", revision)
    record = Record("deep/a.bin", 1, 2, "s", "hub")
    os.makedirs(os.path.dirname(snapshot.file(record.path)), exist_ok=True)
    Path(snapshot.file(record.path)).write_text(revision)
    return snapshot, Manifest("org/name.v1", "model", revision, commit, "modelscope", "", (), (), (record,))


VIEWS = ["models/org/name.v1", "models/org/name___v1", "hf/hub/models--org--name.v1/snapshots/c1"]


def test_every_view_reads_the_same_bytes_wherever_the_root_is_mounted(tmp_path: Path) -> None:
    snapshot, manifest = seeded(tmp_path / "here")
    assert links.missing(snapshot, manifest)
    links.make(snapshot, manifest)
    assert not links.missing(snapshot, manifest)
    (tmp_path / "here").rename(tmp_path / "there")
    for view in VIEWS:
        assert (tmp_path / "there" / view / "deep/a.bin").read_text() == "master"
    for name in ("master", "main"):
        assert (tmp_path / "there/hf/hub/models--org--name.v1/refs" / name).read_text() == "c1"


def test_the_last_revision_made_is_the_visible_one(tmp_path: Path) -> None:
    links.make(*seeded(tmp_path))
    second, manifest = seeded(tmp_path, "v2", "c2")
    links.make(second, manifest)
    assert (tmp_path / "models/org/name.v1/deep/a.bin").read_text() == "v2"
    assert (tmp_path / "hf/hub/models--org--name.v1/refs/main").read_text() == "c2"
    assert (tmp_path / "hf/hub/models--org--name.v1/refs/master").read_text() == "c1"


def test_a_moved_branch_leaves_no_old_commit(tmp_path: Path) -> None:
    links.make(*seeded(tmp_path))
    links.make(*seeded(tmp_path, commit="c2"))
    assert os.listdir(tmp_path / "hf/hub/models--org--name.v1/snapshots") == ["c2"]


def test_what_is_not_ours_is_named_and_kept(tmp_path: Path) -> None:
    snapshot, manifest = seeded(tmp_path)
    poison = tmp_path / "models/org/name___v1"
    poison.mkdir(parents=True)
    (poison / ".mdl").write_text("x")
    with pytest.raises(CacheError, match="name___v1 is not a link of ours") as caught:
        links.make(snapshot, manifest)
    assert "would win over this cache" in caught.value.next_step
    assert (poison / ".mdl").exists()


def test_remove_takes_only_its_own(tmp_path: Path) -> None:
    first, manifest = seeded(tmp_path)
    links.make(first, manifest)
    second, manifest = seeded(tmp_path, "v2", "c2")
    links.make(second, manifest)
    links.remove(first)
    assert os.path.exists(second.link)
    assert os.listdir(tmp_path / "hf/hub/models--org--name.v1/snapshots") == ["c2"]
    links.remove(second)
    assert not os.path.lexists(second.link)
    assert not os.path.exists(tmp_path / "hf/hub/models--org--name.v1")
    assert os.path.exists(second.file("deep/a.bin"))


@pytest.mark.parametrize("shown_goes", [False, True])
def test_two_revisions_of_one_commit(tmp_path: Path, shown_goes: bool) -> None:
    """A tag and the branch that it was made from: the view of the one that stays is whole, and none leads nowhere."""
    tag, branch = seeded(tmp_path, "v1"), seeded(tmp_path)
    links.make(*tag)
    links.make(*branch)
    gone, kept = (branch, tag) if shown_goes else (tag, branch)
    links.remove(gone[0])
    shutil.rmtree(gone[0].files)
    assert links.missing(*kept) is shown_goes
    view = tmp_path / "hf/hub/models--org--name.v1"
    assert (view / "snapshots/c1/deep/a.bin").exists() is not shown_goes
    assert [path for path in tmp_path.rglob("*") if path.is_symlink() and not path.exists()] == []
    links.make(*kept)
    assert not links.missing(*kept)


def test_a_ref_that_leads_out_of_the_cache_removes_nothing(tmp_path: Path) -> None:
    snapshot, manifest = seeded(tmp_path / "root")
    links.make(snapshot, manifest)
    (tmp_path / "precious").mkdir()
    (tmp_path / "root/hf/hub/models--org--name.v1/refs/master").write_text("../../../../../precious")
    links.make(snapshot, manifest._replace(commit="c2"))
    links.remove(snapshot)
    assert (tmp_path / "precious").exists()


def test_a_broken_view_is_seen_and_made_again(tmp_path: Path) -> None:
    snapshot, manifest = seeded(tmp_path)
    links.make(snapshot, manifest)
    shutil.rmtree(tmp_path / "hf")
    assert links.missing(snapshot, manifest)
    links.make(snapshot, manifest)
    os.unlink(snapshot.link)
    assert links.missing(snapshot, manifest)
