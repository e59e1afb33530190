"""The supervisor and the forwarder, run for real but without namespaces."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from lab import control
from lab.errors import LabError
from lab.paths import ROLE

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROLE)}


def until(condition: Callable[[], Any], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class Running:
    """A supervisor with one service `sleeper`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = directory / "init.sock"

    def start(self, setup: list[dict[str, Any]]) -> subprocess.Popen[str]:
        sleeper = {"name": "sleeper", "argv": ["sleep", "100"], "log": str(self.directory / "sleeper.log")}
        spec = {"socket": str(self.socket), "cgroups": [], "setup": setup, "services": [sleeper]}
        (self.directory / "spec.json").write_text(json.dumps(spec))
        command = [sys.executable, "-m", "lab.supervisor", str(self.directory / "spec.json")]
        return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)

    def row(self, name: str = "sleeper") -> dict[str, Any]:
        found: dict[str, Any] = control.call(self.socket, "status")["services"][name]
        return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = Running(tmp_path)
    process = one.start([{"mkdir": str(tmp_path / "made")}, {"write": [str(tmp_path / "made/file"), "text"]}])
    until(lambda: control.alive(one.socket) and one.row()["pid"])
    yield one
    for row in control.call(one.socket, "status")["services"].values():
        if row["pid"]:
            os.kill(row["pid"], signal.SIGKILL)
    process.kill()
    process.communicate()


def test_setup_comes_first(running: Running) -> None:
    assert (running.directory / "made/file").read_text() == "text"


def test_a_service_that_ends_is_started_again_and_its_log_says_so(running: Running) -> None:
    os.kill(running.row()["pid"], signal.SIGKILL)
    until(lambda: running.row()["starts"] == 2 and running.row()["pid"])
    assert "sleeper ended with -9, starting again" in (running.directory / "sleeper.log").read_text()


def test_stop_and_restart(running: Running) -> None:
    control.call(running.socket, "stop", name="sleeper")
    until(lambda: running.row()["pid"] is None)
    assert running.row()["wanted"] is False
    control.call(running.socket, "restart", name="sleeper")
    until(lambda: running.row()["pid"])


def test_start_adds_a_service_that_waits_for_its_socket(running: Running) -> None:
    path = running.directory / "late.sock"
    late = {"name": "late", "argv": ["sleep", "100"], "log": str(running.directory / "l"), "after_socket": str(path)}
    control.call(running.socket, "start", service=late)
    assert running.row("late")["pid"] is None
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        until(lambda: running.row("late")["pid"])


def test_an_unknown_service_is_named(running: Running) -> None:
    with pytest.raises(LabError, match="no service nothing; there are: sleeper"):
        control.call(running.socket, "stop", name="nothing")


def test_nonsense_does_not_end_it(running: Running) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(running.socket))
        connection.sendall(b"nonsense\n")
    assert control.alive(running.socket)


def test_a_socket_that_nobody_listens_to_yet_is_no_supervisor(running: Running, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as early:
        early.bind(str(tmp_path / "early"))
        assert not control.alive(tmp_path / "early")
    assert control.alive(running.socket)


def test_the_peer_is_the_supervisor(running: Running) -> None:
    assert "lab.supervisor" in Path(f"/proc/{control.peer(running.socket)}/cmdline").read_text()


def test_a_failed_setup_ends_it_with_the_reason(tmp_path: Path) -> None:
    process = Running(tmp_path).start([{"run": ["false"]}])
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "the setup failed" in output
    assert not control.alive(tmp_path / "init.sock")


def echo_once(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        connection.sendall(received[::-1])


def test_the_forwarder_carries_both_ways_and_passes_the_close_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner, socket.create_server(("127.0.0.1", 0)) as outer:
        Thread(target=echo_once, args=(inner,), daemon=True).start()
        word = f"{outer.fileno()}=127.0.0.1:{inner.getsockname()[1]}"
        command = [sys.executable, "-m", "lab.forwarder", word]
        process = subprocess.Popen(command, env=ENVIRONMENT, pass_fds=[outer.fileno()])
        try:
            sent = os.urandom(1 << 20)
            with socket.create_connection(outer.getsockname(), timeout=10) as client:
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)
                received = b""
                while chunk := client.recv(65536):
                    received += chunk
            assert received == sent[::-1]
        finally:
            process.kill()
            process.wait()
