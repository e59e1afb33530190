"""Ctrl-C at any time, then the same command again: it works, and nothing half made is left in between."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from lab.paths import ROLE

from tests.lab.machine import Lab, left_by, said_by
from tests.lab.target import CHECKOUT

pytestmark = [pytest.mark.lab, pytest.mark.slow]

#: What is built in a cache of its own: one small program, one small image, and the beginning of the large one.
BUILD_PROGRAM = """
from lab.pieces.builder import build
from lab.pieces.catalogue import all_pieces
print(build([piece for piece in all_pieces() if piece.name == "pause"], Paths.here().bin, Console())["pause"])
"""
BUILD_IMAGE = """
from lab.image import save
from lab.images import haproxy
Console().say("building")
save(haproxy())
"""
SNIPPET = """
import sys
from lab.console import Console
from lab.errors import outcome
from lab.paths import Paths
def act():
    exec(sys.argv[1])
    return 0
sys.exit(outcome(act))
"""


#: Ansible shows a traceback of its own where it is interrupted while it still imports itself.
OWN_FRAME = re.compile(rf'File "{re.escape(str(CHECKOUT))}/(?!\.venv/).*')


#: Seconds in which a Helm that was told to end may still record in the cluster that its release failed.
RECORDING = 10.0


class Command:
    """A command in a process group of its own; whatever it starts carries a mark."""

    def __init__(self, words: list[str], environment: Mapping[str, str]) -> None:
        self.mark = f"INTERRUPTED_{uuid.uuid4().hex}"
        signal.signal(signal.SIGINT, signal.default_int_handler)  # what is deaf begets the deaf
        self.process = subprocess.Popen(
            words,
            cwd=CHECKOUT,
            env={**os.environ, **environment, self.mark: "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def interrupt(self, said: str, delay: float) -> str:
        """Ctrl-C so many seconds after it said something; all that it said."""
        lines = said_by(self.process, said)
        time.sleep(delay)
        os.killpg(self.process.pid, signal.SIGINT)
        rest, _ = self.process.communicate(timeout=120)
        return "".join(lines) + rest

    def finish(self) -> str:
        """All that it said, to its end."""
        return self.process.communicate(timeout=800)[0]

    def left(self) -> list[str]:
        """Command lines of what it started and what goes on without it, longer than a Helm needs to record its end."""
        until = time.monotonic() + RECORDING
        while found := [line for path in Path("/proc").glob("[0-9]*") if (line := _command_line(path, self.mark))]:
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        return found


def _command_line(process: Path, mark: str) -> str:
    try:
        if mark.encode() in (process / "environ").read_bytes():
            return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:  # it ended while we looked
        pass
    return ""


@dataclass(frozen=True)
class Moment:
    """So many seconds after the demo said this."""

    said: str
    delay: float = 0


#: In the order of the demo: each run goes on to the next of them.
MOMENTS = (
    Moment("prepared:"),
    Moment("kube-apiserver is ready", 1),
    Moment("image ms-swift", 0.2),
    Moment("TASK [swift.k8s.preflight : Look at the cluster", 0.5),
    Moment("TASK [swift.k8s.device_plugin : Install the plugins", 0.5),
    Moment("TASK [swift.k8s.storage", 0.3),
    Moment("TASK [swift.k8s.model_cache : Seed", 1),
    Moment("TASK [swift.k8s.ms_swift : Install", 3),
    Moment("3/4 a question", 2),
    Moment("4/4 the same deployment again", 2),
)


@pytest.fixture(scope="module")
def place() -> Iterator[Lab]:
    lab = Lab("life-demo")
    yield lab
    code, output = lab.run("down")
    assert code == 0, output


def demo(lab: Lab) -> Command:
    return Command(["make", "demo"], {"LAB_NAME": lab.name})


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.said)
def test_the_demo_stops_and_leaves_nobody_working(place: Lab, moment: Moment) -> None:
    run = demo(place)
    text = run.interrupt(moment.said, moment.delay)
    assert "demo: interrupted; `make demo` goes on from where it was." in text, text
    assert OWN_FRAME.findall(text) == []
    assert run.left() == []
    if moment in MOMENTS[:2]:
        assert left_by(place) == []


def test_the_demo_works_after_all_that(place: Lab) -> None:
    text = demo(place).finish()
    assert "demo: ok answer_chars=" in text, text
    assert "rerun_changed=0 rerun_writes=0" in text


@pytest.mark.parametrize(
    ("words", "said", "delay", "again"),
    [
        (["-c", SNIPPET, BUILD_PROGRAM], "pause 1/1: building", 1.5, True),
        (["-c", SNIPPET, BUILD_IMAGE], "building", 1.5, True),
        (["-m", "lab", "build"], "debian 1/8: building", 0.5, False),
        (["-m", "lab.engine", "build"], "image ms-swift", 3, False),
    ],
    ids=["program", "image", "all programs", "engine"],
)
def test_a_build_is_whole_or_absent(words: list[str], said: str, delay: float, again: bool, tmp_path: Path) -> None:
    own = {"SWIFT_K8S_CACHE": str(tmp_path), "GOCACHE": str(tmp_path / "go"), "PYTHONPATH": str(ROLE)}
    run = Command([sys.executable, *words], own)
    text = run.interrupt(said, delay)
    assert (run.process.returncode, "Traceback" in text) == (130, False), text
    assert text.endswith("lab: interrupted; the same command goes on from here\n")
    assert run.left() == []
    half = [
        path
        for where in ("bin/.making-*", "images/scratch/*", "images/blobs/*/.part-*")
        for path in tmp_path.glob(where)
    ]
    assert half == []
    if again:
        run = Command([sys.executable, *words], own)
        text = run.finish()
        assert run.process.returncode == 0, text
