# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a hub says and does not say: revisions that move, tokens, dead endpoints, listings in all dialects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import house
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import CacheError, WrongBytes
from ansible_collections.swift.k8s.plugins.module_utils._cache.manifest import read
from ansible_collections.swift.k8s.plugins.module_utils._hub import modelscope
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import (
    BadAnswer,
    HubError,
    NoHub,
    NotFound,
    Unreachable,
    UnsafePath,
)
from lab.hub import HubServer
from lab.hub import huggingface as lab_huggingface
from lab.hub import modelscope as lab_modelscope

from .conftest import FILES, ID, MIB, Cache, noise, sha256

BIG = "weights/a.bin"
DEAD = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _repository(hub: HubServer) -> None:
    hub.put(ID, FILES)
    hub.put(ID, {**FILES, "config.json": b'{"v": 1}'}, revision="v1.0")


DIALECTS = {
    "modelscope": {"hub": "modelscope"},
    "huggingface": {"hub": "huggingface", "revision": "main"},
    "mirror of a cache root": {"hub": "mirror", "endpoint": "{hub}/mirror"},
    "mirror of a directory": {"hub": "mirror", "endpoint": "", "source": "{hub}/mirror/org/name.v1"},
}


def told(dialect: str, hub: HubServer) -> dict[str, Any]:
    return {key: value.format(hub=hub.url) for key, value in DIALECTS[dialect].items()}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_brings_the_same_bytes_and_is_quiet_the_second_time(
    cache: Cache, hub: HubServer, dialect: str
) -> None:
    wish = told(dialect, hub)
    outcome = cache.seed(**wish)
    assert outcome.error is None
    assert cache.files(wish.get("revision", "master")) == FILES
    assert outcome.commit == hub.commit(ID)
    sent = hub.bytes_of(ID)
    assert not cache.seed(**wish).changed
    assert hub.bytes_of(ID) == sent


@pytest.mark.parametrize("kind", ["modelscope", "huggingface"])
def test_datasets(cache: Cache, hub: HubServer, kind: str) -> None:
    rows = {f"data/{number:03}.jsonl": b"%d" % number for number in range(30)}
    hub.put(ID, rows, kind="dataset")
    outcome = cache.seed(hub=kind, type="dataset", revision="main")
    assert outcome.error is None
    assert outcome.path == str(cache.root / "datasets" / ID)
    assert outcome.files == 30


def test_datasets_are_listed_page_by_page(cache: Cache, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modelscope, "PAGE_SIZE", 7)
    hub.put(ID, {f"{number:03}": b"x" for number in range(21)}, kind="dataset")
    assert cache.plan(type="dataset").error is None
    assert len(cache.plan(type="dataset").changes) == 21 + 1


@pytest.fixture
def low_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cap is 3,000 entries; the same on both sides is as good and quicker."""
    monkeypatch.setattr(modelscope, "LISTING_CAP", 30)
    monkeypatch.setattr(lab_modelscope, "LISTING_CAP", 30)


def test_the_cap_is_the_one_that_the_hub_has() -> None:
    assert modelscope.LISTING_CAP == lab_modelscope.LISTING_CAP == 3000


def test_listings_over_the_cap_are_taken_apart(cache: Cache, hub: HubServer, low_cap: None) -> None:
    many = {f"d{number % 4}/sub/{number:05}.txt": b"x" for number in range(90)}
    hub.put(ID, {**many, "config.json": b"{}"})
    changes = cache.plan().changes
    assert len([change for change in changes if change.action == "fetch"]) == 91


def test_a_directory_that_the_hub_cannot_list_is_an_error_and_not_half_a_model(
    cache: Cache, hub: HubServer, low_cap: None
) -> None:
    hub.put(ID, {f"{number:05}": b"x" for number in range(31)})
    error = cache.plan().error
    assert isinstance(error, BadAnswer)
    assert "only the first 30 entries" in error.message


def test_hugging_face_pages_and_git_files(cache: Cache, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files have no sha256 there: git's id is checked, our own sha256 is recorded."""
    monkeypatch.setattr(lab_huggingface, "PAGE", 20)
    hub.put(ID, {**{f"{number:04}.txt": b"%d" % number for number in range(55)}, BIG: FILES[BIG]})
    assert cache.seed(hub="huggingface", include=["000*", BIG]).error is None
    manifest = read(cache.snapshot("main").manifest)
    assert manifest is not None
    pinned = {record.path: record.pinned_by for record in manifest.files}
    assert pinned == {**{f"000{number}.txt": "git" for number in range(10)}, BIG: "hub"}
    assert next(record for record in manifest.files if record.path == "0007.txt").sha256 == sha256(b"7")
    assert len(cache.plan(hub="huggingface", revision="main").changes) == 45


def test_an_unchanged_hugging_face_model_costs_one_request(cache: Cache, hub: HubServer) -> None:
    cache.seed(hub="huggingface")
    hub.reset()
    assert not cache.seed(hub="huggingface").changed
    assert hub.stats()["requests"] == 1


@pytest.mark.parametrize("endpoint", ["", DEAD])
def test_a_lost_link_of_an_unchanged_model_is_made_again_without_a_listing(
    cache: Cache, hub: HubServer, endpoint: str
) -> None:
    cache.seed(hub="huggingface")
    link = Path(cache.snapshot("main").link)
    link.unlink()
    hub.reset()
    outcome = cache.seed(hub="huggingface", endpoint=endpoint or hub.url)
    assert (outcome.error, [change.action for change in outcome.changes]) == (None, ["link"])
    assert hub.bytes_of(ID) == 0
    assert (link / "config.json").read_bytes() == FILES["config.json"]
    assert cache.files("main") == FILES


def test_a_branch_that_moved_is_followed_and_readers_see_no_half(cache: Cache, hub: HubServer) -> None:
    cache.seed()
    moved = {"config.json": b'{"new": 1}', BIG: noise(2 * MIB, 9), "new.txt": b"n"}
    hub.put(ID, moved)
    hub.reset()
    hub.fault("status", times=40, code=503, path="config.json")
    failed = cache.seed()
    assert failed.error is not None
    seen = cache.files()
    assert {path: seen[path] for path in FILES} == FILES, "replacements wait for each other"
    hub.heal()
    outcome = cache.seed()
    assert outcome.error is None
    assert cache.files() == moved
    assert outcome.commit == hub.commit(ID)
    assert {change.path for change in outcome.changes if change.action == "remove"} == {"empty", "子 目录/词 表.txt"}
    assert hub.bytes_of(ID, BIG) == 2 * MIB, "what was verified before the failure is not fetched again"
    assert not (Path(cache.snapshot().files) / "子 目录").exists()


def test_files_and_directories_may_change_places(cache: Cache, hub: HubServer) -> None:
    states: list[dict[str, bytes]] = [{"a": b"1", "b/c": b"2"}, {"a/d": b"3", "b": b"4"}, {"a": b"1", "b/c": b"2"}]
    for state in states:
        hub.put(ID, state)
        assert cache.seed().error is None
        assert cache.files() == state
        assert not cache.seed().changed


def test_another_revision_shares_bytes_and_takes_the_name(cache: Cache, hub: HubServer) -> None:
    cache.seed()
    hub.reset()
    outcome = cache.seed(revision="v1.0")
    assert outcome.error is None
    assert hub.bytes_of(ID) == len(b'{"v": 1}')
    assert (cache.root / "models" / ID / "config.json").read_bytes() == b'{"v": 1}'
    assert cache.files("master") == FILES


def test_a_dead_hub_and_a_complete_cache(cache: Cache) -> None:
    cache.seed()
    outcome = cache.seed(endpoint=DEAD)
    assert (outcome.error, outcome.changed) == (None, False)
    assert "the cache is complete" in outcome.warnings[0]
    assert "cannot be reached" in outcome.warnings[0]
    assert [event["message"] for event in cache.told("warning")] == list(outcome.warnings)


def test_a_dead_hub_and_a_partial_cache(cache: Cache, hub: HubServer) -> None:
    hub.fault("cut", times=1, at=MIB, path=BIG)
    hub.fault("cut", at=0, path=BIG)
    cache.seed()
    assert isinstance(cache.seed(endpoint=DEAD).error, Unreachable)
    assert cache.part_bytes() == MIB
    hub.heal()
    assert cache.seed().bytes_resumed == MIB


def test_a_dead_hub_and_another_wish(cache: Cache) -> None:
    cache.seed(include=["*.json"])
    assert isinstance(cache.seed(endpoint=DEAD).error, Unreachable)


def test_the_chain_says_why_each_endpoint_was_passed_over(cache: Cache, hub: HubServer) -> None:
    chain = [DEAD, {"hub": "mirror", "endpoint": f"{hub.url}/nothing"}, hub.url]
    outcome = cache.seed(endpoints=chain)
    assert outcome.error is None
    assert ["cannot be reached" in outcome.warnings[0], "has no manifest" in outcome.warnings[1]] == [True, True]
    failed = cache.seed(endpoints=chain[:2], revision="v9")
    assert isinstance(failed.error, NoHub)
    assert "1. modelscope http://127.0.0.1:9: " in failed.error.message
    assert "2. mirror " in failed.error.message


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"id": "org/none"}, "has no model org/none at revision master"),
        ({"revision": "v9"}, "has no model org/name.v1 at revision v9"),
        ({"hub": "huggingface", "revision": "v9"}, "RevisionNotFound"),
        ({"hub": "mirror"}, "has no manifest"),
    ],
)
def test_what_is_not_there_is_said_so(cache: Cache, wish: dict[str, Any], said: str) -> None:
    error = cache.seed(**wish).error
    assert isinstance(error, NotFound)
    assert said in error.message
    assert error.next_step == "Check id, revision and endpoint"


def test_a_directory_is_copied_verified_and_quiet_the_second_time(cache: Cache, tmp_path: Path) -> None:
    source = tmp_path / "usb"
    for path, content in FILES.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(content)
    wish: dict[str, Any] = {"hub": "directory", "source": str(source)}
    assert cache.seed(**wish).error is None
    assert cache.files("local") == FILES
    assert not cache.seed(**wish).changed
    (source / "config.json").write_text("[1]")
    assert [change.path for change in cache.seed(**wish).changes] == ["config.json"]
    (source / "link").symlink_to("config.json")
    assert isinstance(cache.seed(**wish, revision="x").error, UnsafePath)
    missing = cache.seed(hub="directory", source=str(tmp_path / "nothing"), revision="x").error
    assert isinstance(missing, NotFound)


@pytest.mark.parametrize("manifest", [True, False])
@pytest.mark.parametrize("source", ["models/org--name.v1/snapshots/master/", "models/org/name.v1"])
def test_a_snapshot_of_a_cache_of_ours_is_a_source(
    cache: Cache, hub: HubServer, tmp_path: Path, source: str, manifest: bool
) -> None:
    """Its marks for old clients are no files of the model, and its manifest pins what is copied."""
    stick = Cache(tmp_path / "usb", hub)
    assert stick.seed().error is None
    if not manifest:
        Path(stick.snapshot().manifest).unlink()
    wish: dict[str, Any] = {"hub": "directory", "source": str(stick.root / source)}
    assert (cache.seed(**wish).error, cache.files("local")) == (None, FILES)
    (entry,) = house.inventory(str(cache.root))
    told = house.described(entry, "full")
    assert (told["complete"], told["pinned_by"]) == (True, {"hub" if manifest else "us": len(FILES)})
    assert not cache.seed(**wish).changed


def test_a_flipped_byte_on_a_stick_is_refused(cache: Cache, hub: HubServer, tmp_path: Path) -> None:
    stick = Cache(tmp_path / "usb", hub)
    assert stick.seed().error is None
    file = Path(stick.snapshot().file("weights/a.bin"))
    file.write_bytes(b"x" + file.read_bytes()[1:])
    error = cache.seed(hub="directory", source=stick.snapshot().files).error
    assert isinstance(error, WrongBytes)
    assert "weights/a.bin" in error.message
    assert "weights/a.bin" not in cache.files("local")


def test_a_selection_of_nothing_is_a_mistake(cache: Cache) -> None:
    error = cache.seed(include=["*.gguf"]).error
    assert isinstance(error, CacheError)
    assert "select none of 4 files" in error.message


def test_a_pattern_that_selects_nothing_is_named(cache: Cache) -> None:
    outcome = cache.seed(include=["*.json", "*.safetensrs"])
    assert outcome.error is None
    assert outcome.warnings == ("include '*.safetensrs' selects none of 4 files; is it mistyped?",)


def test_one_failed_model_leaves_the_others_alone(cache: Cache) -> None:
    good = {"id": ID, "endpoint": cache.hub.url}
    outcomes = cache.engine({"models": [{**good, "id": "org/none"}, good]}).seed()
    assert isinstance(outcomes[0].error, HubError)
    assert outcomes[1].error is None
    assert cache.files() == FILES


def test_files_known_to_git_alone_are_taken_over_by_its_id(cache: Cache, hub: HubServer) -> None:
    target = Path(cache.snapshot("main").file("config.json"))
    target.parent.mkdir(parents=True)
    target.write_bytes(FILES["config.json"])
    hub.reset()
    assert cache.seed(hub="huggingface", include=["config.json"]).error is None
    assert hub.bytes_of(ID) == 0
    target.write_bytes(b"[]")
    assert [change.action for change in cache.seed(hub="huggingface", include=["config.json"]).changes] == ["check"]
    assert target.read_bytes() == b"{}"


def test_without_hard_links_another_revision_is_fetched(
    cache: Cache, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_paths: str) -> None:
        raise OSError(1, "Operation not permitted")

    cache.seed()
    monkeypatch.setattr(os, "link", refuse)
    assert cache.seed(revision="v1.0").error is None
    assert cache.files("v1.0") == {**FILES, "config.json": b'{"v": 1}'}
