"""A step of the demo hears Ctrl-C once and takes back what it began; its changes count however they are shown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lab_run
import pytest

CAREFUL = """
import pathlib, signal, sys, time
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
print("begun", flush=True)
pathlib.Path(sys.argv[1]).touch()
while not heard:
    time.sleep(0.02)
time.sleep(1)  # longer than the quarter of a second that subprocess gives
pathlib.Path(sys.argv[1]).unlink()
print("taken back after", len(heard), flush=True)
"""
DEAF = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path(sys.argv[2]).write_text(str(os.getpid()))
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""

PLAY = """
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.copy: {content: x, dest: "{{ playbook_dir }}/{{ inventory_hostname }}", mode: "0600"}
"""


@pytest.fixture
def ctrl_c(tmp_path: Path) -> Iterator[Path]:
    """A file; as soon as it is there, this process hears Ctrl-C, also where a shell runs it in the background."""
    made = tmp_path / "made"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def press() -> None:
        while not made.exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    yield made
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("piped", [False, True])
def test_it_is_given_time_to_clear_up(ctrl_c: Path, piped: bool, capfd: pytest.CaptureFixture[str]) -> None:
    options = {"stdout": lab_run.subprocess.PIPE} if piped else {}
    with (
        pytest.raises(KeyboardInterrupt),
        lab_run.started([sys.executable, "-c", CAREFUL, str(ctrl_c)], **options) as it,
    ):
        it.wait()
    assert not ctrl_c.exists()
    assert "taken back after 1" in capfd.readouterr().out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("seconds", [0, 0.5])
def test_what_does_not_listen_is_ended(
    seconds: float, ctrl_c: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where Ctrl-C is heard while it is being started."""
    start = subprocess.Popen

    def slowly(*words: Any, **options: Any) -> subprocess.Popen[str]:
        process = start(*words, **options)
        time.sleep(seconds)
        return process

    monkeypatch.setattr(lab_run, "PATIENCE", 0.5)
    monkeypatch.setattr(subprocess, "Popen", slowly)
    command = [sys.executable, "-c", DEAF, str(ctrl_c), str(tmp_path / "pid")]
    with pytest.raises(KeyboardInterrupt), lab_run.started(command) as it:
        it.wait()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize("shown", [{}, {"ANSIBLE_FORCE_COLOR": "1"}, {"ANSIBLE_STDOUT_CALLBACK": "minimal"}])
def test_changes_are_counted_however_they_are_shown(
    shown: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks/two.yml").write_text(PLAY, encoding="utf-8")
    monkeypatch.setenv("ANSIBLE_PYTHON_INTERPRETER", sys.executable)
    settings = {**lab_run.environment(), **shown}
    monkeypatch.setattr(lab_run, "environment", lambda **more: {**settings, **more})
    monkeypatch.setattr(lab_run, "CHECKOUT", tmp_path)
    changed, stages = lab_run.playbook("two", tmp_path / "report.json", inventory="one,two,")
    assert (changed, [stage["changed"] for stage in stages]) == (2, [2])
