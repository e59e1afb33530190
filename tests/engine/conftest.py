"""Both engines as processes: the real ms-swift from its image's bytes, and the stand-in, on the same tiny model."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lab.engine.real import real
from lab.engine.standin import write_site
from lab.engine.tiny_model import ID, write_model, write_rows
from lab.engine.tree import tree
from lab.image.chroot import command

START_SECONDS = 180
NAMES = ("real", "standin")


@dataclass(frozen=True)
class Engine:
    """How one engine is started; `work` is the same directory outside and inside."""

    name: str
    root: Path
    work: Path

    @property
    def model(self) -> Path:
        return self.work / "models" / ID

    def argv(self, module: str, *arguments: str) -> list[str]:
        """python -m MODULE ARGUMENTS, in the image or beside the stand-in's site directory."""
        if self.name == "real":
            env = {"CUDA_VISIBLE_DEVICES": "", "PYTHONUNBUFFERED": "1"}
            program = ["python", "-m", module, *arguments]
            return command(self.root, program, env, {self.work: str(self.work)}, user=1000, workdir="/tmp")
        return [sys.executable, "-m", module, *arguments]

    def start(self, module: str, *arguments: str, out: int | None = None) -> subprocess.Popen[str]:
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.root), "LAB_ENGINE_LOAD_SECONDS": "0.2"}
        env["LAB_ENGINE_ANSWER_SECONDS"] = "1"
        argv = self.argv(module, *arguments)
        return subprocess.Popen(argv, env=env, stdout=out, stderr=subprocess.STDOUT, text=True, cwd=self.work)

    def run(self, module: str, *arguments: str) -> tuple[int, str]:
        """To its end: exit status and output."""
        process = self.start(module, *arguments, out=subprocess.PIPE)
        text, _ = process.communicate(timeout=START_SECONDS)
        return process.returncode, text


@dataclass
class Served:
    """A running `swift deploy`."""

    engine: Engine
    process: subprocess.Popen[str]
    port: int
    log: Path

    def ask(self, method: str, path: str, body: bytes = b"", key: str | None = "k1") -> Reply:
        headers = {"Content-Type": "application/json"} if body else {}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers.get_content_type(), answer.read().decode())

    def ready(self) -> bool:
        try:
            return self.ask("GET", "/health").status == 200
        except OSError:
            return False

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@dataclass(frozen=True)
class Reply:
    status: int
    kind: str
    text: str


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Engine]:
    base = tmp_path_factory.mktemp("engine")
    for parent in (base, *base.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o055)
    write_site(base / "site")
    roots = {"real": tree(real()), "standin": base / "site"}
    found = {}
    for name in NAMES:
        work = base / name
        write_model(work / "models" / ID)
        write_rows(work / "data")
        work.chmod(0o777)
        found[name] = Engine(name, roots[name], work)
    return found


def serve(engine: Engine, *arguments: str) -> Served:
    """Start and wait for health."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = engine.work / f"deploy-{port}.log"
    with log.open("w") as stream:
        process = engine.start(
            *("swift.cli.deploy", "--model", str(engine.model), "--port", str(port), *arguments), out=stream.fileno()
        )
    served = Served(engine, process, port, log)
    deadline = time.monotonic() + START_SECONDS
    while not served.ready():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"{engine.name} does not serve:\n{log.read_text()[-3000:]}")
        time.sleep(0.2)
    return served


@pytest.fixture(scope="session")
def served(engines: dict[str, Engine]) -> Iterator[dict[str, Served]]:
    arguments = ("--host", "127.0.0.1", "--api_key", "k1", "--served_model_name", "tiny", "--infer_backend", "pt")
    running = {name: serve(engine, *arguments) for name, engine in engines.items()}
    yield running
    for one in running.values():
        one.stop()
