"""How the engine images are made, as far as it can be said without making them."""

from __future__ import annotations

import subprocess
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from lab.engine import __main__ as command_line
from lab.engine import extras, publish, real, standin, suite, tree, wheels
from lab.engine.prune import prune
from lab.errors import LabError
from lab.image import Image, Layer, chroot, compile_modules, pack
from lab.paths import CHECKOUT, Paths


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWIFT_K8S_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_prune_removes_files_links_and_directories(tmp_path: Path) -> None:
    (tmp_path / "pkg/tests/deep").mkdir(parents=True)
    (tmp_path / "pkg/code.py").touch()
    (tmp_path / "pkg/code.pyi").touch()
    (tmp_path / "pkg/gone.so").symlink_to("nowhere")
    prune(tmp_path, ("*/tests", "**/*.pyi", "pkg/*.so", "*/absent"))
    assert [path.name for path in (tmp_path / "pkg").iterdir()] == ["code.py"]


def test_recipe_changes_with_the_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = real.recipe()
    (tmp_path / "lock.txt").write_text("other")
    monkeypatch.setattr(real, "LOCK", tmp_path / "lock.txt")
    assert real.recipe() != before


@pytest.mark.parametrize(("left", "right", "steps"), [("", "ab", 2), ("kitten", "sitting", 3), ("same", "same", 0)])
def test_module_without_wheel(left: str, right: str, steps: int) -> None:
    module: dict[str, Any] = {}
    exec(extras.EDITDISTANCE, module)
    assert module["distance"](left, right) == steps


def answer(text: str, code: int = 0) -> Any:
    return lambda *_arguments, **_options: subprocess.CompletedProcess([], code, text, text)


def test_mirror_is_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        "Other stable main http://a/\nDebian bookworm-security main http://b/\nDebian bookworm main http://c/debian/\n"
    )
    monkeypatch.setattr(subprocess, "run", answer(lines))
    assert suite.debian_mirror() == "http://c/debian/"
    monkeypatch.setattr(subprocess, "run", answer("Ubuntu noble main http://u/\n"))
    with pytest.raises(LabError, match="no Debian source"):
        suite.debian_mirror()


def test_failures_name_the_next_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(suite, "debian_mirror", lambda: "http://c/debian/")
    monkeypatch.setattr(subprocess, "run", answer("404 Not Found", 100))
    with pytest.raises(LabError, match=r"trixie: 404.*Next:"):
        suite.apt_config("trixie", tmp_path / "apt")
    with pytest.raises(LabError, match=r"pip cannot install lock.txt"):
        wheels.install(tmp_path / "lock.txt", tmp_path, "3.13", "x86_64")


@pytest.mark.parametrize(("code", "broken"), [(0, False), (1, False), (2, True)])
def test_byte_code_of_debians_modules_and_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int, broken: bool
) -> None:
    """1 is a template that is no Python; anything worse is no interpreter."""
    for name in ("python3", "python3.13", "jvm"):
        (tmp_path / "usr/lib" / name).mkdir(parents=True)
    asked: list[list[str]] = []

    def run(argv: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        asked.append(argv[argv.index("python3") :])
        return subprocess.CompletedProcess(argv, code, "", "no such file")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(LabError, match="2: no such file") if broken else nullcontext():
        compile_modules(tmp_path, "/usr/local/x")
    assert asked[0][-3:] == ["/usr/lib/python3", "/usr/lib/python3.13", "/usr/local/x"]


def test_chroot_keeps_the_caller_out_of_the_way(tmp_path: Path) -> None:
    argv = chroot.command(tmp_path, ["python", "-V"], {"A": "b c"}, {Path("/x"): "/y"}, user=7)
    assert argv[0] == "unshare"
    assert argv[argv.index("--") - 3 : argv.index("--")] == [str(tmp_path), "/x", "/y"]
    assert "A=b c" in argv
    assert "--userspec=7:7" in argv
    assert argv[-2:] == ["python", "-V"]


def layered(tmp_path: Path, name: str, *contents: str) -> Image:
    layers: list[Layer] = []
    for number, text in enumerate(contents):
        folder = tmp_path / f"{name}{number}"
        folder.mkdir()
        (folder / "file").write_text(text)
        layers.append(pack(folder))
    return Image(name, "1", layers)


def test_tree_is_unpacked_once_and_replaced(tmp_path: Path, cache: Path) -> None:
    first = tree.tree(layered(tmp_path, "one", "old", "upper"))
    assert (first / "file").read_text() == "upper"
    again = tree.tree(Image("one", "1", layered(tmp_path, "two", "new").layers))
    assert (again / "file").read_text() == "new"
    assert not first.exists()
    assert (cache / "engine/one.latest").resolve() == again


def test_stand_in_needs_the_charts_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(standin, "OPTIONS", CHECKOUT / "nowhere.json")
    with pytest.raises(LabError, match=r"nowhere\.json is missing"):
        standin.write_site(tmp_path / "site")


def test_renew_leaves_the_same_alone(tmp_path: Path) -> None:
    def writer(text: str) -> Any:
        return lambda folder: (folder / "a").write_text(text)

    steps = [publish._renew(tmp_path / "org/model", writer(text)) for text in ("1", "1", "2")]
    assert steps == [True, False, True]
    assert (tmp_path / "org/model/a").read_text() == "2"
    assert [path.name for path in (tmp_path / "org").iterdir()] == ["model"]


def test_publish_without_a_lab(capsys: pytest.CaptureFixture[str]) -> None:
    assert not Paths.here().run.exists()
    assert command_line.main(["publish"]) == 1
    assert "is not up" in capsys.readouterr().err
