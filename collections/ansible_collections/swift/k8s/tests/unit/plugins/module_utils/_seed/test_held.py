"""Which manifests count, and that a replaced one is seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import manifest
from ansible_collections.swift.k8s.plugins.module_utils._cache.manifest import Manifest, Record
from ansible_collections.swift.k8s.plugins.module_utils._seed import held


def write(root: Path, revision: str, commit: str, model_id: str = "org/m") -> None:
    record = Record("a", 1, 1, "0" * 64, "hub")
    made = Manifest(model_id, "model", revision, commit, "modelscope", "", (), (), (record,))
    manifest.write(str(root / f"models/org--m/manifests/{revision.replace('/', '--')}.json"), made)


def names(root: Path, model_id: str = "org/m", kind: str = "model") -> list[str]:
    return [revision.revision for revision in held.read(str(root), kind, model_id).revisions]


def test_what_counts(tmp_path: Path) -> None:
    assert names(tmp_path) == []
    write(tmp_path, "refs/pr/1", "c")
    write(tmp_path, "v1", "c")
    write(tmp_path, "other", "c", "org/else")
    (tmp_path / "models/org--m/manifests/torn.json").write_text('{"version": 1, "files": [', encoding="utf-8")
    (tmp_path / "models/org--m/manifests/v2.json.9.part").write_text("{}", encoding="utf-8")
    assert names(tmp_path) == ["refs/pr/1", "v1"]
    assert names(tmp_path, kind="dataset") == []


@pytest.mark.parametrize("model_id", ["", "m", "../models/org--m", "org--m/x", "org/m/..", "org/m\n", "org/\u4e2d"])
def test_what_is_no_id_is_not_looked_for(tmp_path: Path, model_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held.os, "scandir", lambda path: pytest.fail(f"looked at {path}"))
    assert names(tmp_path, model_id) == []


def test_a_replaced_manifest_is_seen(tmp_path: Path) -> None:
    for commit in ("before", "after"):
        write(tmp_path, "master", commit)
        assert held.read(str(tmp_path), "model", "org/m").at("main")[0].commit == commit


def test_without_a_default_the_linked_revision_is_it(tmp_path: Path) -> None:
    write(tmp_path, "v1", "one")
    write(tmp_path, "v2", "two")
    assert held.read(str(tmp_path), "model", "org/m").at("main") == []
    (tmp_path / "models/org").mkdir()
    (tmp_path / "models/org/m").symlink_to("../org--m/snapshots/v1")
    assert [found.commit for found in held.read(str(tmp_path), "model", "org/m").at("main")] == ["one"]
