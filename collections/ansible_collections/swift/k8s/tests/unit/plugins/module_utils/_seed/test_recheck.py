"""What the CronJob's pod does: a hub is asked only where something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache.layout import Snapshot
from ansible_collections.swift.k8s.plugins.module_utils._seed import recheck


@pytest.mark.parametrize(
    ("snapshots", "listed", "seeds"),
    [
        ({"master": True}, [{"id": "org/tiny"}], False),
        ({"main": True}, [{"id": "org/tiny", "hub": "huggingface"}], False),
        ({"master": False}, [{"id": "org/tiny"}], True),
        ({"master": True, "v1": True}, [{"id": "org/tiny"}, {"id": "org/tiny", "revision": "v1"}], False),
        ({"master": True}, [{"id": "org/tiny"}, {"id": "org/tiny", "revision": "v1"}], True),
        ({"master": True, "v1": False}, [{"id": "org/tiny"}], False),
        ({}, [{"id": "org/tiny"}], True),
        ({"master": True}, [{"id": "org/tiny", "type": "dataset"}], True),
        ({"master": True}, [{"id": "org/other"}], True),
    ],
)
def test_recheck(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    snapshots: dict[str, bool],
    listed: list[dict[str, str]],
    seeds: bool,
) -> None:
    entries = [
        SimpleNamespace(snapshot=Snapshot(str(tmp_path), "org/tiny", "model", revision), whole=whole)
        for revision, whole in snapshots.items()
    ]
    monkeypatch.setattr(recheck.house, "inventory", lambda _root: entries)
    monkeypatch.setattr(recheck.house, "described", lambda entry, _level: {"id": "org/tiny", "complete": entry.whole})
    asked: list[list[str]] = []

    def engine(words: list[str]) -> int:
        asked.append(words)
        return 1

    monkeypatch.setattr(recheck.cli, "main", engine)
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps({"models": listed}), encoding="utf-8")
    assert recheck.main([str(tmp_path), str(spec)]) == int(seeds)
    assert asked == [["seed", "--spec", str(spec), "--log", "json"]] * seeds
