# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The command line: exit status, last words, and that it runs with nothing but the two packages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils import _cache, _hub
from ansible_collections.swift.k8s.plugins.module_utils._cache.cli import main
from lab.hub import HubServer

from .conftest import FILES, ID, Cache


@pytest.fixture
def spec(cache: Cache, hub: HubServer, tmp_path: Path) -> Path:
    hub.put(ID, FILES)
    path = tmp_path / "spec.json"
    models = [{"id": ID, "endpoint": hub.url}]
    path.write_text(json.dumps({"root": str(cache.root), "reserve": "1MiB", "attempts": 1, "models": models}))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    status = main([*arguments, "--log", "json"])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_seed_verify_list_remove(spec: Path, cache: Cache, hub: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = run(capsys, "seed", "--spec", str(spec), "--check")
    assert (status, told[-1]["changed"], hub.bytes_of(ID)) == (0, True, 0)
    status, told = run(capsys, "seed", "--spec", str(spec))
    assert (status, told[-1]["event"], told[-1]["files_fetched"]) == (0, "done", 4)
    assert told[-1]["free_bytes"] == pytest.approx(shutil.disk_usage(cache.root).free, rel=0.1)
    root = ["--root", str(cache.root)]
    status, told = run(capsys, "verify", *root, "--level", "full")
    assert (status, told[0]["event"], told[0]["complete"]) == (0, "verified", True)
    (cache.root / "models" / ID / "config.json").unlink()
    status, told = run(capsys, "verify", *root)
    assert (status, told[-1]["event"]) == (1, "error")
    assert told[0]["findings"] == [{"path": "config.json", "problem": "missing"}]
    assert "verify: full" in told[-1]["next_step"]
    status, told = run(capsys, "verify", *root, "--id", "org/other")
    assert (status, told[-1]["message"]) == (1, f"{cache.root} holds no model or dataset org/other")
    status, told = run(capsys, "list", *root)
    assert (status, told[0]["model"], told[0]["files"]) == (0, ID, 4)
    status, told = run(capsys, "remove", *root, "--id", ID)
    assert (status, told) == (0, [{"event": "removed", "model": ID, "type": "model", "revision": "master"}])
    status, told = run(capsys, "remove", *root, "--id", ID)
    assert (status, told[-1]["message"]) == (1, f"{cache.root} holds no model {ID}")


def test_a_check_says_for_each_model_what_it_costs(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seed", "--spec", str(spec), "--check"]) == 0
    assert capsys.readouterr().out.startswith(f"{ID} at master: 4 files, 3.0 MiB to fetch")
    assert main(["seed", "--spec", str(spec)]) == 0
    capsys.readouterr()
    assert main(["seed", "--spec", str(spec), "--check"]) == 0
    assert capsys.readouterr().out.startswith(f"{ID} at master: 0 files, 0 B to fetch")


@pytest.mark.parametrize("below", ["", "/sub"])
def test_a_root_that_is_a_file_is_named(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], below: str
) -> None:
    file = tmp_path / "file"
    file.touch()
    spec.write_text(json.dumps({**json.loads(spec.read_text()), "root": f"{file}{below}"}))
    for check in ([], ["--check"]):
        status, told = run(capsys, "seed", "--spec", str(spec), *check)
        said = f"root {file}{below} cannot be a cache: {file} is no directory"
        assert (status, told[-1]["message"]) == (1, said)


@pytest.mark.parametrize("command", ["list", "verify"])
@pytest.mark.parametrize(("make", "why"), [(True, ""), (False, " (it is no directory)")])
def test_a_root_that_holds_nothing_is_no_good_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, make: bool, why: str
) -> None:
    root = tmp_path / "typo"
    if make:
        root.mkdir()
    status, told = run(capsys, command, "--root", str(root))
    assert (status, told[-1]["message"]) == (1, f"{root} holds no models{why}")


def test_a_failure_ends_with_its_reason_and_names_the_model(
    spec: Path, hub: HubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.fault("status", code=503)
    status, told = run(capsys, "seed", "--spec", str(spec))
    assert status == 1
    assert (told[-1]["event"], told[-1]["kind"], told[-1]["model"]) == ("error", "Busy", ID)
    assert told[-2]["event"] == "summary"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ('{"root": "/x", "models": [], "modles": 1}', "Did you mean models?"),
    ],
)
def test_a_wrong_spec_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    path = tmp_path / "spec.json"
    if content is not None:
        path.write_text(content)
    status, told = run(capsys, "seed", "--spec", str(path))
    assert status == 2
    assert said in told[-1]["message"] + told[-1]["next_step"]


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["sead"])
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_it_needs_nothing_but_python_and_the_two_packages(spec: Path, cache: Cache, tmp_path: Path) -> None:
    """As in a Job: mounted side by side below another name, isolated from every other path."""
    parent = tmp_path / "mount" / "swift_seed"
    for package in (_cache, _hub):
        source = str(Path(str(package.__file__)).parent)
        shutil.copytree(source, parent / Path(source).name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-S", "-m", "swift_seed._cache.cli", "seed", "--spec", str(spec)]
    environ = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=parent.parent, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("done: 1 models, 4 files fetched")
    assert cache.files() == FILES
