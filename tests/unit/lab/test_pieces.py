"""Pieces in the cache: made once, noticed when damaged, whole or absent after an interruption."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lab.console import Console
from lab.errors import LabError
from lab.pieces import builder, kubernetes, stamp
from lab.pieces.builder import build, missing
from lab.pieces.catalogue import all_pieces
from lab.pieces.go import go
from lab.pieces.piece import Piece, Workshop, sources

from .heard import Heard


class Maker:
    """Makes a file and counts how often."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: BaseException | None = None

    def __call__(self, workshop: Workshop) -> None:
        self.calls += 1
        (workshop.out / "tool").write_text("tool 1")
        if self.error is not None:
            raise self.error


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def piece(maker: Maker) -> Piece:
    return Piece("piece", "recipe 1", ("tool",), maker)


def run(piece: Piece, root: Path) -> Path:
    return build([piece], root, Console(quiet=True))["tool"]


def test_a_piece_is_made_once_and_its_time_noted(piece: Piece, maker: Maker, tmp_path: Path) -> None:
    assert run(piece, tmp_path).read_text() == "tool 1"
    run(piece, tmp_path)
    assert maker.calls == 1
    assert json.loads((tmp_path / "times.json").read_text())["piece"]["key"] == piece.key


def test_a_long_build_says_what_it_is_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(builder, "BEAT_SECONDS", 0.01)

    def make(workshop: Workshop) -> None:
        workshop.log.write_text("one\ntwo\n")
        (workshop.out / "tool").touch()
        time.sleep(0.1)

    build([Piece("slow", "r", ("tool",), make)], tmp_path, Console())
    assert "slow 1/1: two" in capsys.readouterr().err


def test_a_second_build_says_that_it_waits(
    piece: Piece, maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard("another build is at work in")
    monkeypatch.setattr(sys, "stderr", heard)
    # the lock is let go of before the pool is waited for, also where an assertion fails
    with ThreadPoolExecutor() as pool, (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = pool.submit(build, [piece], tmp_path, Console())
        assert heard.came.wait(20)
        assert maker.calls == 0
        fcntl.flock(lock, fcntl.LOCK_UN)
        second.result()
    assert maker.calls == 1


def test_another_recipe_is_another_piece(piece: Piece, maker: Maker, tmp_path: Path) -> None:
    run(piece, tmp_path)
    run(Piece("piece", "recipe 2", ("tool",), maker), tmp_path)
    assert maker.calls == 2


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("tool 1 and more", "tool has 15 bytes instead of 6"),
        ("tool 2", "tool has another sha256 than when it was built"),
        (None, "tool is missing"),
    ],
)
def test_damage_is_named_and_mended(
    piece: Piece, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str | None, said: str
) -> None:
    tool = run(piece, tmp_path)
    tool.unlink()
    if damage is not None:
        tool.write_text(damage)
        os.utime(tool, (1, 1))
    build([piece], tmp_path, Console())
    assert f"piece in the cache cannot be used ({said}): built anew" in capsys.readouterr().err
    assert tool.read_text() == "tool 1"
    assert maker.calls == 2


def test_a_damaged_stamp_is_damage(piece: Piece, maker: Maker, tmp_path: Path) -> None:
    (run(piece, tmp_path).parent / stamp.STAMP).write_text("{")
    run(piece, tmp_path)
    assert maker.calls == 2


def test_a_touched_but_whole_file_is_not_damage(piece: Piece, maker: Maker, tmp_path: Path) -> None:
    os.utime(run(piece, tmp_path), (1, 1))
    run(piece, tmp_path)
    assert maker.calls == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("no")])
def test_an_interrupted_build_leaves_nothing_that_looks_whole(
    piece: Piece, maker: Maker, tmp_path: Path, error: BaseException
) -> None:
    maker.error = error
    with pytest.raises(type(error)):
        run(piece, tmp_path)
    assert missing([piece], tmp_path) == ["piece"]
    assert not (tmp_path / ".making-piece").exists()
    maker.error = None
    assert run(piece, tmp_path).exists()


def test_what_a_killed_build_left_is_swept_away(piece: Piece, tmp_path: Path) -> None:
    (tmp_path / ".making-piece/out").mkdir(parents=True)
    (tmp_path / ".making-piece/out/junk").touch()
    tool = run(piece, tmp_path)
    assert sorted(path.name for path in tool.parent.iterdir()) == [stamp.STAMP, "tool"]


def test_kubernetes_go_mod_replaces_the_staging_modules() -> None:
    upstream = """module k8s.io/kubernetes

go 1.26.0

godebug default=go1.26

require (
\tgithub.com/a/b v1.0.0
\tk8s.io/api v0.0.0
\tk8s.io/klog/v2 v2.1.0
)

require (
\tgithub.com/c/d v2.0.0 // indirect
)

replace (
\tk8s.io/api => ./staging/src/k8s.io/api
)
"""
    assert kubernetes.go_mod(upstream, "v1.36.3").split("\n") == [
        "module lab/k8s",
        "go 1.26.0",
        "godebug default=go1.26",
        "require k8s.io/kubernetes v1.36.3",
        "require (",
        "\tgithub.com/a/b v1.0.0",
        "\tk8s.io/klog/v2 v2.1.0",
        ")",
        "require (",
        "\tgithub.com/c/d v2.0.0 // indirect",
        ")",
        "replace k8s.io/api => k8s.io/api v0.36.3",
        "",
    ]


def test_the_version_is_stamped() -> None:
    flags = kubernetes.link_flags("v1.36.3")
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in flags
    assert "-X k8s.io/component-base/version.gitMinor=36" in flags


def test_sources_change_the_key_and_tests_do_not(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("a")
    before = sources(tmp_path)
    (tmp_path / "main_test.go").write_text("a")
    assert sources(tmp_path) == before
    (tmp_path / "main.go").write_text("b")
    assert sources(tmp_path) != before


def test_the_catalogue_gives_every_file_once() -> None:
    files = [name for piece in all_pieces() for name in piece.files]
    assert len(files) == len(set(files))
    assert {"kube-apiserver", "kubelet", "etcd", "kwok", "containerd", "coredns", "deviceplugin", "pause"} <= set(files)


def test_a_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"go is missing and tool must be compiled\. Next: put Go .* on PATH"):
        go(Workshop(tmp_path, tmp_path, tmp_path / "tool.log"), ["version"])
