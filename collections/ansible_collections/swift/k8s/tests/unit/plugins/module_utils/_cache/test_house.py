# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a root holds, what may go, and that only that goes."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import house
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import CacheError
from ansible_collections.swift.k8s.plugins.module_utils._cache.house import Entry
from ansible_collections.swift.k8s.plugins.module_utils._cache.layout import Snapshot
from ansible_collections.swift.k8s.plugins.module_utils._cache.lock import Lock
from lab.hub import HubServer

from .conftest import FILES, ID, Cache


def entry(model_id: str, revision: str, published: float, kind: str = "model") -> Entry:
    return Entry(Snapshot("/r", model_id, kind, revision), None, "", published)


OLD, MIDDLE, NEW, OTHER = entry("o/a", "v1", 1), entry("o/a", "v2", 2), entry("o/a", "v3", 3), entry("o/b", "v1", 4)


@pytest.mark.parametrize(
    ("wanted", "keep", "expected"),
    [
        ([OLD, MIDDLE, NEW, OTHER], 0, []),
        ([NEW], 0, [OLD, MIDDLE, OTHER]),
        ([NEW], 1, [OLD, OTHER]),
        ([NEW], 9, [OTHER]),
        ([OLD], 1, [MIDDLE, OTHER]),
        ([], 9, [OLD, MIDDLE, NEW, OTHER]),
    ],
)
def test_surplus(wanted: list[Entry], keep: int, expected: list[Entry]) -> None:
    snapshots = [each.snapshot for each in wanted]
    assert house.surplus([MIDDLE, OTHER, OLD, NEW], snapshots, keep) == expected


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"id": "o/a"}, [OLD, MIDDLE, NEW]),
        ({"id": "o/a", "revision": "v2"}, [MIDDLE]),
        ({"id": "o/a", "type": "dataset"}, []),
        ({"id": "o/c"}, []),
    ],
)
def test_matching(wish: dict[str, str], expected: list[Entry]) -> None:
    assert house.matching([OLD, MIDDLE, NEW, OTHER], [wish]) == expected


@pytest.fixture
def seeded(cache: Cache, hub: HubServer) -> Cache:
    hub.put(ID, FILES)
    hub.put(ID, {"a": b"1"}, revision="feature/x")
    hub.put(ID, {"rows": b"1"}, kind="dataset")
    wishes: list[dict[str, Any]] = [{}, {"revision": "feature/x"}, {"type": "dataset"}]
    for wish in wishes:
        assert cache.seed(**wish).error is None
    return cache


def test_the_inventory_knows_everything(seeded: Cache, hub: HubServer) -> None:
    hub.put("org/young", FILES)
    hub.fault("cut", at=0, path="*.bin")
    seeded.seed(id="org/young")
    found = {
        (each.snapshot.id, each.snapshot.kind, each.snapshot.revision): each
        for each in house.inventory(str(seeded.root))
    }
    assert set(found) == {
        (ID, "model", "master"),
        (ID, "model", "feature/x"),
        (ID, "dataset", "master"),
        ("org/young", "model", "master"),
    }
    young = found["org/young", "model", "master"]
    assert (young.manifest, young.problem) == (None, "unfinished")
    described = house.described(found[ID, "model", "master"], "full")
    assert described["complete"]
    assert described["files"] == len(FILES)
    assert described["pinned_by"] == {"hub": len(FILES)}
    assert not described["linked"], "the revision seeded last has the name"
    assert described["disk_bytes"] >= described["bytes"]


def test_what_goes_goes_whole_and_alone(seeded: Cache) -> None:
    top = seeded.root
    assert house.remove(seeded.snapshot("feature/x"))
    assert not os.path.lexists(top / "models" / ID)
    assert seeded.files("master") == FILES
    assert house.remove(seeded.snapshot("master"))
    assert not (top / "models" / "org--name.v1").exists()
    assert (top / "datasets" / "org--name.v1").is_dir()
    assert not house.remove(seeded.snapshot("master"))


def test_what_is_being_seeded_stays(seeded: Cache) -> None:
    snapshot = seeded.snapshot()
    with Lock(os.path.join(snapshot.work, "lock")) as lock:
        assert lock.try_acquire()
        with pytest.raises(CacheError, match=f"being seeded by .*pid {os.getpid()}"):
            house.remove(snapshot)
    assert seeded.files() == FILES


def test_a_dry_removal_only_tells(seeded: Cache) -> None:
    entries = house.inventory(str(seeded.root))
    assert len(house.remove_all(entries, dry=True)) == 3
    assert seeded.files() == FILES
    assert len(house.remove_all(entries)) == 3
    assert house.inventory(str(seeded.root)) == []


def test_strangers_in_the_root_are_not_snapshots(tmp_path: Path) -> None:
    (tmp_path / "models" / "notes").mkdir(parents=True)
    (tmp_path / "lost+found").mkdir()
    assert house.inventory(str(tmp_path)) == []
    assert house.inventory(str(tmp_path / "nothing")) == []


def test_findings_name_each_file(seeded: Cache) -> None:
    top = Path(seeded.snapshot().files)
    (top / "config.json").write_text("[]")
    (top / "empty").unlink()
    os.truncate(top / "weights" / "a.bin", 5)
    found = {
        each.snapshot.revision: each for each in house.inventory(str(seeded.root)) if each.snapshot.kind == "model"
    }
    described = house.described(found["master"], "full")
    assert {item["path"]: item["problem"] for item in described["findings"]} == {
        "config.json": "damaged",
        "empty": "missing",
        "weights/a.bin": "wrong size",
    }
    assert threading.active_count() < 50


@pytest.mark.parametrize("stray", ["manifests/.json", "snapshots/.nfs01"])
def test_what_has_no_name_of_a_revision_is_none(tmp_path: Path, stray: str) -> None:
    """Else `exclusive` would take it out, and with `.json` all revisions of the model."""
    place = tmp_path / "models/org--name" / stray
    place.parent.mkdir(parents=True)
    place.touch()
    assert [entry.snapshot.revision for entry in house.inventory(str(tmp_path))] == []
