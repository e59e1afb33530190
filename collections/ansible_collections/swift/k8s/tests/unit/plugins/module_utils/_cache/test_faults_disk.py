# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a disk does to a download, and what people do to the files of a cache."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import cli, fetch, space
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import CacheError, NoSpace, NotWritable
from ansible_collections.swift.k8s.plugins.module_utils._cache.manifest import read
from ansible_collections.swift.k8s.plugins.module_utils._cache.space import Room
from lab.hub import HubServer

from .conftest import FILES, ID, MIB, Cache

BIG = "weights/a.bin"
TOTAL = sum(map(len, FILES.values()))


@pytest.fixture(autouse=True)
def _repository(hub: HubServer) -> None:
    hub.put(ID, FILES)


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (Room(TOTAL, 100), "3.0 MiB to fetch and 1.0 MiB in reserve do not fit"),
        (Room(0, 100), "0 B free"),
        (Room(100 * MIB, 3), "3 inodes free; 4 files do not fit"),
    ],
)
def test_too_small_a_disk_is_found_before_the_first_byte(
    cache: Cache, hub: HubServer, monkeypatch: pytest.MonkeyPatch, room: Room, said: str
) -> None:
    monkeypatch.setattr(space, "room_at", lambda _path: room)
    with pytest.raises(NoSpace, match=said):
        cache.seed()
    with pytest.raises(NoSpace, match=said):
        cache.plan()
    assert hub.bytes_of(ID) == 0
    assert not cache.root.exists()


def test_a_file_system_without_inodes_is_no_reason_to_refuse(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "room_at", lambda _path: Room(100 * MIB, None))
    assert cache.seed().error is None


def test_kept_bytes_need_no_room_again(cache: Cache, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.fault("cut", times=1, at=2 * MIB, path=BIG)
    hub.fault("cut", at=0, path=BIG)
    assert cache.seed().error is not None
    hub.heal()
    monkeypatch.setattr(space, "room_at", lambda _path: Room(2 * MIB + 1000, 100))
    assert cache.seed().error is None


def test_a_disk_that_fills_up_keeps_what_came(cache: Cache, hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    written = 0

    def write_all(handle: int, view: memoryview) -> None:
        nonlocal written
        written += len(view)
        if written > MIB:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.write(handle, view)

    with monkeypatch.context() as patch:
        patch.setattr(fetch, "write_all", write_all)
        failed = cache.seed()
    assert isinstance(failed.error, NoSpace)
    assert "is full" in failed.error.message
    assert "continued" in failed.error.next_step
    kept = cache.part_bytes()
    rerun = cache.seed()
    assert rerun.error is None
    assert rerun.bytes_resumed == kept
    assert cache.files() == FILES


@pytest.fixture
def stranger(hub: HubServer) -> Iterator[Path]:
    """A directory of root's, seen by a process that is not root; readable, not writable."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to stop being it")
    directory = Path(tempfile.mkdtemp(prefix="cache-"))
    directory.chmod(0o755)
    hub.commit(ID)  # the hub lives in this process and reads its files while it still may
    os.seteuid(65534)
    try:
        yield directory
    finally:
        os.seteuid(0)
        shutil.rmtree(directory)


def test_a_directory_of_another_user_is_named_with_both_owners(stranger: Path, hub: HubServer) -> None:
    failed = Cache(stranger / "cache", hub).seed()
    assert isinstance(failed.error, NotWritable)
    assert f"{stranger} belongs to uid 0" in failed.error.next_step


def test_a_cache_that_may_not_be_read_is_named_with_both_owners(
    stranger: Path, hub: HubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    root = stranger / "cache"
    os.seteuid(0)
    (root / "models").mkdir(parents=True, mode=0o700)
    (root / "models").joinpath("org--name.v1/snapshots/master").mkdir(parents=True, mode=0o700)
    os.seteuid(65534)
    failed = Cache(root, hub).seed()
    assert isinstance(failed.error, NotWritable)
    assert "cannot be read: Permission denied" in failed.error.message
    assert f"{root}/models belongs to uid 0" in failed.error.next_step
    os.seteuid(0)
    root.chmod(0o700)
    os.seteuid(65534)
    assert cli.main(["list", "--root", str(root), "--log", "json"]) == 1
    assert "holds no models (it cannot be read: Permission denied)" in capsys.readouterr().out


def test_a_read_only_disk_is_said_so(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, *_rest: object, **_named: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    monkeypatch.setattr(os, "makedirs", refuse)
    failed = cache.seed({"rate_limit": None})
    assert isinstance(failed.error, NotWritable)
    assert "mounted for writing" in failed.error.next_step


def test_a_complete_cache_needs_no_writing(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only mount of a seeded cache answers `nothing to do`, not an error."""
    cache.seed()

    def refuse(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for name in ("makedirs", "replace", "unlink", "rename", "symlink", "link"):
        monkeypatch.setattr(os, name, refuse)
    assert cache.seed().error is None


def flip(path: Path) -> None:
    """One bit, and the clock put back as silent damage does."""
    facts = path.stat()
    with open(path, "r+b") as stream:
        stream.seek(100)
        byte = stream.read(1)
        stream.seek(100)
        stream.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@pytest.mark.parametrize(("level", "found"), [("stat", False), ("full", True)])
def test_a_flipped_bit_is_found_by_full_and_only_that_file_is_fetched(
    cache: Cache, hub: HubServer, level: str, found: bool
) -> None:
    cache.seed()
    flip(cache.root / "models" / ID / BIG)
    hub.reset()
    outcome = cache.seed({"verify": level})
    assert outcome.error is None
    assert [change.why for change in outcome.changes] == (["damaged"] if found else [])
    assert hub.bytes_of(ID) == (len(FILES[BIG]) if found else 0)
    assert (cache.files() == FILES) is found


def test_zeroes_in_the_middle_are_found_by_sample(cache: Cache, hub: HubServer) -> None:
    cache.seed()
    path = cache.root / "models" / ID / BIG
    facts = path.stat()
    with open(path, "r+b") as stream:
        stream.seek(MIB)
        stream.write(bytes(MIB))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert cache.seed({"verify": "stat"}).changes == ()
    assert [change.path for change in cache.seed({"verify": "sample"}).changes] == [BIG]
    assert cache.files() == FILES


def test_what_people_do_to_files_is_repaired_and_nothing_else_fetched(cache: Cache, hub: HubServer) -> None:
    cache.seed()
    top = cache.root / "models" / ID
    (top / "config.json").unlink()
    with open(top / BIG, "ab") as stream:
        stream.write(b"more")
    os.utime(top / "empty")
    (top / "notes.txt").write_text("mine")
    hub.reset()
    outcome = cache.seed()
    assert {(change.action, change.path, change.why) for change in outcome.changes} == {
        ("fetch", "config.json", "missing"),
        ("fetch", BIG, "wrong size"),
        ("check", "empty", "found without a record; hashed, fetched only if wrong"),
    }
    assert hub.bytes_of(ID) == len(FILES[BIG]) + len(FILES["config.json"])
    assert cache.files() == {**FILES, "notes.txt": b"mine"}
    assert not cache.seed().changed


def test_files_of_another_downloader_are_hashed_and_taken_over(cache: Cache, hub: HubServer) -> None:
    """A cache that ModelScope's own client filled needs no byte again; a broken file of it does."""
    for path, content in FILES.items():
        target = Path(cache.snapshot().file(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if path != "config.json" else b"xx")
    outcome = cache.seed()
    assert outcome.error is None
    assert hub.bytes_of(ID) == len(FILES["config.json"])
    assert cache.files() == FILES


@pytest.mark.parametrize("damage", ["", "{}", '{"version": 1, "files": "x"}'])
def test_a_damaged_manifest_costs_hashing_and_no_link(cache: Cache, hub: HubServer, damage: str) -> None:
    cache.seed()
    Path(cache.snapshot().manifest).write_text(damage)
    hub.reset()
    outcome = cache.seed()
    assert outcome.error is None
    assert any("manifest" in warning for warning in outcome.warnings)
    assert hub.bytes_of(ID) == 0
    assert not cache.seed().changed
    manifest = read(cache.snapshot().manifest)
    assert manifest is not None
    assert len(manifest.files) == len(FILES)


def test_a_link_in_the_way_is_not_followed(cache: Cache, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    top = Path(cache.snapshot().files)
    top.mkdir(parents=True)
    (top / "weights").symlink_to(elsewhere)
    failed = cache.seed()
    assert isinstance(failed.error, CacheError)
    assert "is a link to a directory" in failed.error.message
    assert not any(elsewhere.iterdir())


def test_a_part_that_is_no_part_of_this_file_is_thrown_away(cache: Cache, hub: HubServer) -> None:
    hub.fault("cut", times=1, at=MIB, path=BIG)
    hub.fault("cut", at=0, path=BIG)
    cache.seed()
    assert cache.part_bytes() == MIB
    changed = {**FILES, BIG: FILES[BIG][::-1]}
    hub.heal()
    hub.put(ID, changed)
    outcome = cache.seed()
    assert (outcome.error, outcome.bytes_resumed) == (None, 0)
    assert cache.files() == changed


def test_garbage_in_a_part_is_caught_by_the_hash(cache: Cache, hub: HubServer) -> None:
    """As after a power loss: the length is right, the blocks are not."""
    hub.fault("cut", times=1, at=2 * MIB, path=BIG)
    hub.fault("cut", at=0, path=BIG)
    cache.seed()
    part = next(Path(cache.snapshot().work).glob("*.part"))
    part.write_bytes(bytes(2 * MIB))
    hub.heal()
    assert cache.seed().error is None
    assert cache.files() == FILES
