"""The first process of the lab's, and of each node's, pid namespace: prepares, starts services, reaps, restarts.

Run as `python -m lab.supervisor SPEC.json`. The spec holds `socket`, `cgroups`, `setup` (steps in order) and
`services`. When this process ends, the kernel ends everything in its pid namespace. Commands come over the socket, one
JSON line each: {"op": "start", "service": {...}}, {"op": "stop", "name": ...}, {"op": "restart", "name": ...},
{"op": "status"}.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RESTART_DELAY = 1.0
STEP_TIMEOUT = 30.0


@dataclass
class Service:
    """One supervised process."""

    name: str
    argv: list[str]
    log: str
    env: dict[str, str] = field(default_factory=dict)
    fds: list[int] = field(default_factory=list)
    cwd: str | None = None
    after_socket: str | None = None
    pid: int | None = None
    wanted: bool = True
    starts: int = 0
    not_before: float = 0.0

    def due(self, now: float) -> bool:
        """Whether it should be started now."""
        if not self.wanted or self.pid is not None or now < self.not_before:
            return False
        return self.after_socket is None or Path(self.after_socket).is_socket()

    def start(self) -> None:
        """Start it in a session of its own, its output in its log."""
        with Path(self.log).open("ab") as log:
            process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                pass_fds=self.fds,
                cwd=self.cwd,
                start_new_session=True,
            )
        self.pid = process.pid
        process.returncode = 0  # reaped by the supervisor's own wait, not by subprocess
        self.starts += 1

    def ended(self, status: int) -> None:
        """Note its end; it comes back after a moment unless it was stopped."""
        self.pid = None
        self.not_before = time.monotonic() + RESTART_DELAY
        if self.wanted:
            with Path(self.log).open("a") as log:
                log.write(f"== {self.name} ended with {os.waitstatus_to_exitcode(status)}, starting again\n")


class Supervisor:
    """A table of services and a socket."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.services = {item["name"]: Service(**item) for item in spec["services"]}
        self._selector = selectors.DefaultSelector()
        self._listen(Path(spec["socket"]))
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(reading, selectors.EVENT_READ)
        self._wakeup = reading

    def run(self) -> None:
        """For ever: start what is due, reap what ended, answer commands."""
        while True:
            self._reap()
            now = time.monotonic()
            for service in self.services.values():
                if service.due(now):
                    service.start()
            for key, _ in self._selector.select(0.05 if self._waiting() else None):
                if key.fileobj == self._wakeup:
                    os.read(self._wakeup, 512)
                else:
                    self._accept()

    def handle(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one command."""
        operation = request["op"]
        if operation == "start":
            service = Service(**request["service"])
            self.services[service.name] = service
            return {"ok": True}
        if operation == "status":
            return {"ok": True, "services": {name: _row(service) for name, service in self.services.items()}}
        target = self.services.get(request["name"])
        if target is None:
            return {"ok": False, "error": f"no service {request['name']}; there are: {', '.join(self.services)}"}
        target.wanted = operation == "restart"
        if target.pid is not None:
            os.kill(target.pid, getattr(signal, request.get("signal", "SIGTERM")))
        return {"ok": True}

    def _waiting(self) -> bool:
        return any(service.wanted and service.pid is None for service in self.services.values())

    def _listen(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen(16)
        self._selector.register(self._socket, selectors.EVENT_READ)

    def _accept(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.settimeout(5)
            try:
                with connection.makefile("rw") as stream:
                    stream.write(json.dumps(self.handle(json.loads(stream.readline()))) + "\n")
            except (OSError, ValueError, KeyError, TypeError) as error:
                print(f"command refused: {error!r}", flush=True)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for service in self.services.values():
                if service.pid == pid:
                    service.ended(status)


def _row(service: Service) -> dict[str, Any]:
    return {"pid": service.pid, "wanted": service.wanted, "starts": service.starts}


def perform(step: Mapping[str, Any]) -> None:
    """One step of the setup: {"run": argv} or {"write": [path, text]} or {"mkdir": path}."""
    if "run" in step:
        subprocess.run(step["run"], check=True, timeout=STEP_TIMEOUT, stdin=subprocess.DEVNULL)
    elif "mkdir" in step:
        Path(step["mkdir"]).mkdir(parents=True, exist_ok=True)
    else:
        path, text = step["write"]
        Path(path).write_text(text)


def main() -> int:
    """Prepare, then supervise until killed."""
    spec = json.loads(Path(sys.argv[1]).read_bytes())
    for path in spec["cgroups"]:
        Path(path, "cgroup.procs").write_text("0")  # 0 is the writer itself, whatever its number outside
    try:
        for step in spec["setup"]:
            perform(step)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"the setup failed: {error}", flush=True)
        return 1
    Supervisor(spec).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
