# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Manifest and journal: what is written comes back; what is damaged says so and harms nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import manifest
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import DamagedManifest
from ansible_collections.swift.k8s.plugins.module_utils._cache.journal import Journal
from ansible_collections.swift.k8s.plugins.module_utils._cache.manifest import Manifest, Record, Records
from ansible_collections.swift.k8s.plugins.module_utils._cache.observe import Disk
from ansible_collections.swift.k8s.plugins.module_utils._cache.plan import Seen

RECORDS = (Record("b c.bin", 2, 3, "00ff", "hub", "", "5a"), Record("中/a.json", 1, 2, "ff00", "git", "git:12"))
MANIFEST = Manifest("org/name", "model", "v1", "c0ffee", "modelscope", "http://hub", ("*.bin",), (), RECORDS)


def test_round_trip(tmp_path: Path) -> None:
    path = str(tmp_path / "manifests" / "v1.json")
    manifest.write(path, MANIFEST)
    assert manifest.read(path) == MANIFEST
    assert MANIFEST.bytes == 3
    assert os.listdir(tmp_path / "manifests") == ["v1.json"]


def test_it_is_plain_json_with_one_file_a_line(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    manifest.write(str(path), MANIFEST)
    assert [entry["path"] for entry in json.loads(path.read_text())["files"]] == ["b c.bin", "中/a.json"]
    assert path.read_text().splitlines()[2].startswith('{"path": "中/a.json"')


def test_newer_records_win_and_all_are_found_by_path() -> None:
    newer, more = RECORDS[0]._replace(size=9), RECORDS[0]._replace(path="aa")
    known = Records(RECORDS, {"b c.bin": newer, "aa": more})
    assert dict(known) == {"b c.bin": newer, "aa": more, "中/a.json": RECORDS[1]}
    assert (len(known), known.get("zz"), known.get("")) == (3, None, None)


def test_a_disk_tells_its_files_by_the_records_that_they_are_as() -> None:
    touched, foreign = Seen(1, 99), Seen(5, 5)
    disk = Disk(RECORDS, [("b c.bin", Seen(2, 3)), ("中/a.json", touched), ("notes", foreign)])
    assert dict(disk) == {"b c.bin": RECORDS[0], "中/a.json": touched, "notes": foreign}
    assert disk["b c.bin"] is RECORDS[0]
    assert (len(disk), "gone" in disk, Disk(RECORDS, []).get("b c.bin")) == (3, False, None)


def test_none_where_there_is_none(tmp_path: Path) -> None:
    assert manifest.read(str(tmp_path / "m.json")) is None


HEAD = {"version": 1, "id": "a/b", "kind": "model", "revision": "r", "commit": "c", "hub": "h", "address": ""}
WHOLE = {**HEAD, "include": [], "exclude": []}
ENTRY = {"path": "a", "size": 1, "mtime_ns": 1, "sha256": "", "pinned_by": "us"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\xff",
        json.dumps(HEAD),
        json.dumps({**WHOLE, "version": 9, "files": []}),
        json.dumps({**WHOLE, "files": [{"path": "a"}]}),
        json.dumps({**WHOLE, "files": [{"path": "a", "mtime_ns": 1}]}),
        json.dumps({**WHOLE, "files": [{**ENTRY, "path": "../a"}]}),
        json.dumps({**WHOLE, "commit": "../../x", "files": [ENTRY]}),
        json.dumps({**WHOLE, "id": "../x", "files": [ENTRY]}),
        json.dumps({**WHOLE, "revision": "../x", "files": [ENTRY]}),
    ],
)
def test_damage_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(DamagedManifest) as caught:
        manifest.read(str(path))
    assert str(path) in caught.value.message


def test_filters_decide_whether_a_manifest_answers_a_wish() -> None:
    assert manifest.filters_equal(MANIFEST, ["*.bin"], [])
    assert not manifest.filters_equal(MANIFEST, [], [])


def test_a_torn_journal_line_costs_only_itself(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    assert list(journal.read()) == []
    journal.append(RECORDS[0])
    journal.append(RECORDS[1])
    with open(tmp_path / "journal", "a", encoding="utf-8") as stream:
        stream.write('{"path": "half')
    assert tuple(journal.read()) == RECORDS
