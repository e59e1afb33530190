"""The command line where no lab runs: every message names the next step."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lab import addon
from lab.cli import main
from lab.engine import __main__ as engine
from lab.errors import MACHINE, outcome
from lab.paths import ROLE


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWIFT_K8S_CACHE", str(tmp_path))
    monkeypatch.setenv("LAB_NAME", "unit")


@pytest.mark.parametrize(
    "words",
    [
        ["env"],
        ["exec", "lab-0", "true"],
        ["judge", "mark"],
        ["nodes", "--zoo"],
        ["publish"],
        ["forward", "10.99.0.10:80"],
        ["service", "restart", "etcd"],
    ],
)
def test_what_needs_a_lab_says_how_to_start_one(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 1
    assert capsys.readouterr().err == "lab: lab 'unit' is not up. Next: `python -m lab up` (make lab-up).\n"


def test_status_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 3
    assert capsys.readouterr().out == "lab 'unit' is not up\n"


def test_status_of_remains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run/unit").mkdir(parents=True)
    assert main(["status"]) == 3
    assert "it left remains: `python -m lab down` removes them" in capsys.readouterr().out


def test_down_of_nothing_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down"]) == 0
    assert "was not up; nothing is left" in capsys.readouterr().err


def test_a_wrong_name_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LAB_NAME", "My Lab")
    assert main(["status"]) == 1
    assert "LAB_NAME 'My Lab' is not a lab name" in capsys.readouterr().err


def test_ctrl_c_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.cli.build", interrupted)
    assert main(["build"]) == 130
    assert capsys.readouterr().err == "lab: interrupted; the same command goes on from here\n"


def test_ctrl_c_is_one_line_in_the_other_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.engine.__main__.run", interrupted)
    assert engine.main(["build"]) == 130
    assert addon.main(["up"], "scaling", interrupted, interrupted) == 130
    assert capsys.readouterr().err == 2 * "lab: interrupted; the same command goes on from here\n"


@pytest.mark.parametrize("number", MACHINE, ids=errno.errorcode.get)
def test_what_the_machine_refuses_is_one_line(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    def refused() -> int:
        raise OSError(number, os.strerror(number), "/cache/locks")

    assert outcome(refused) == 1
    said = capsys.readouterr().err
    assert said == f"lab: /cache/locks: {os.strerror(number)}. Next: {MACHINE[number]}.\n"


def test_another_error_of_the_system_is_a_defect_and_shown_whole() -> None:
    def broken() -> int:
        raise OSError(errno.ECONNRESET, "reset")

    with pytest.raises(OSError, match="reset"):
        outcome(broken)


def test_a_reader_that_goes_away_sees_no_trace() -> None:
    program = "import sys; from lab.errors import outcome; sys.exit(outcome(lambda: print('x' * 100000) or 0))"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROLE)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_command_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err
