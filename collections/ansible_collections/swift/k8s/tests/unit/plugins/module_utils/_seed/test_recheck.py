"""What the CronJob's pod does: a hub is asked only where something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed import recheck


@pytest.mark.parametrize(
    ("snapshots", "listed", "seeds"),
    [
        ([True], "org/tiny", False),
        ([True, True], "org/tiny", False),
        ([True, False], "org/tiny", True),
        ([], "org/tiny", True),
        ([True], "org/other", True),
    ],
)
def test_recheck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshots: list[bool], listed: str, seeds: bool
) -> None:
    tiny = SimpleNamespace(kind="model", id="org/tiny")
    entries = [SimpleNamespace(snapshot=tiny, whole=whole) for whole in snapshots]
    monkeypatch.setattr(recheck.house, "inventory", lambda _root: entries)
    monkeypatch.setattr(recheck.house, "described", lambda entry, _level: {"id": tiny.id, "complete": entry.whole})
    asked: list[list[str]] = []

    def engine(words: list[str]) -> int:
        asked.append(words)
        return 1

    monkeypatch.setattr(recheck.cli, "main", engine)
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps({"models": [{"id": listed}]}), encoding="utf-8")
    assert recheck.main([str(tmp_path), str(spec)]) == int(seeds)
    assert asked == [["seed", "--spec", str(spec), "--log", "json"]] * seeds
