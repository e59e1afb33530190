"""Debian packages: lists refreshed once, packages unpacked without breaking the merged-usr links."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from lab.errors import LabError
from lab.image import skeleton, unpack
from lab.image.apt import apt_get

# Fails until `update` was called, as apt-get does without package lists; notes every call.
FAKE = """#!/bin/sh
echo "$*" >> {calls}
case "$*" in
  *update) {update} ;;
  *) [ -e {lists} ] || {{ echo "E: Unable to locate package x" >&2; exit 100; }} ;;
esac
"""


def fake_apt(directory: Path, monkeypatch: pytest.MonkeyPatch, update: str) -> Path:
    calls, tool = directory / "calls", directory / "bin/apt-get"
    tool.parent.mkdir()
    tool.write_text(FAKE.format(calls=calls, lists=directory / "lists", update=update))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    return calls


def test_missing_lists_are_refreshed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake_apt(tmp_path, monkeypatch, f"touch {tmp_path}/lists")
    apt_get(["download", "x"], "download x")
    apt_get(["download", "x"], "download x")
    assert [line.split()[-1] for line in calls.read_text().splitlines()] == ["x", "update", "x", "x"]


def test_what_stays_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_apt(tmp_path, monkeypatch, "true")
    with pytest.raises(LabError, match=r"apt-get cannot download x: E: Unable to locate package x\. Next: check"):
        apt_get(["download", "x"], "download x")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: unit\nVersion: 1\nArchitecture: all\nMaintainer: unit <unit@example.com>\nDescription: unit\n"
    )
    (tree / "bin").mkdir()
    (tree / "bin/tool").write_text("tool")
    archive = tmp_path / "unit.deb"
    subprocess.run(["dpkg-deb", "--build", tree, archive], check=True, capture_output=True)
    return archive


def test_a_package_with_bin_lands_in_usr(package: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    skeleton(root)
    unpack(package, root)
    assert (root / "bin").is_symlink()
    assert (root / "usr/bin/tool").read_text() == "tool"


def test_a_damaged_package_is_named(package: Path, tmp_path: Path) -> None:
    package.write_bytes(package.read_bytes()[:100])
    with pytest.raises(LabError, match=r"package unit\.deb cannot be unpacked"):
        unpack(package, tmp_path)
