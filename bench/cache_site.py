"""Where downloads are measured: the lab hub in a process of its own, a relay that counts, and files to fetch."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import resource
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGES = "ansible_collections.swift.k8s.plugins.module_utils"
MIB = 1 << 20
#: room for a source and a copy of the largest model, and some to spare
SCRATCH_BYTES = 8 << 30
BIN_SECONDS = 0.1
SAMPLE_SECONDS = 0.05


@dataclass
class Site:
    """One hub and a directory in memory, so that the disk of this machine is not what is measured."""

    hub: str
    scratch: Path
    hub_pid: int
    root: Path = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.scratch / "target"

    def put(self, model: str, files: dict[str, int]) -> None:
        """A model of random files with these sizes."""
        folder = self.scratch / "hub" / model
        chance = random.Random(model)
        for name, size in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as stream:
                for start in range(0, size, MIB):
                    stream.write(chance.randbytes(min(MIB, size - start)))
        self.control("_reload")
        urllib.request.urlopen(f"{self.hub}/api/models/{model}").read()  # hashed now, not in the first measurement

    def replace(self, model: str, name: str) -> None:
        """Other bytes for one file."""
        file = self.scratch / "hub" / model / name
        file.write_bytes(os.urandom(file.stat().st_size))
        self.control("_reload")

    def drop(self, model: str) -> None:
        shutil.rmtree(self.scratch / "hub" / model)
        self.control("_reset")

    def cpu_seconds(self) -> tuple[float, float]:
        """What ended children of this process have used, and what the hub has."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        fields = Path(f"/proc/{self.hub_pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return children.ru_utime + children.ru_stime, ticks / os.sysconf("SC_CLK_TCK")

    def control(self, action: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.hub}/{action}") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def sent(self, model: str) -> int:
        """File bytes that left the hub since the last reset."""
        return int(self.control("_stats")["repositories"].get(model, {"bytes": 0})["bytes"])

    def clean(self, *more: Path) -> None:
        for path in (self.root, *more):
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def site() -> Iterator[Site]:
    memory = Path("/dev/shm")
    base = memory if memory.is_dir() and shutil.disk_usage(memory).free > SCRATCH_BYTES else None
    with tempfile.TemporaryDirectory(prefix="bench-cache-", dir=base) as name:
        scratch = Path(name)
        (scratch / "hub").mkdir()
        command = [sys.executable, "-m", "lab.hub", "--port", "0", "--repo-root", str(scratch / "hub")]
        command += ["--lfs-min", str(1 << 50)]  # no redirects: every byte passes the address that a relay stands before
        environ = {**os.environ, "PYTHONPATH": str(CHECKOUT / "roles/lab")}
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the hub did not start"
            try:
                yield Site(found.group(), scratch, process.pid)
            finally:
                process.terminate()


class Seeder:
    """`python3 -m …_cache seed`, as a Job runs it; the limit's book lies in the site's scratch directory."""

    def __init__(self, place: Site, models: list[str], hub: str = "", name: str = "", **document: Any) -> None:
        root = place.root / name if name else place.root
        wishes = [{"id": model, "endpoint": hub or place.hub} for model in models]
        spec = place.scratch / f"spec-{name}.json"
        spec.write_text(json.dumps({"root": str(root), "reserve": "1MiB", "models": wishes, **document}))
        environ = {**os.environ, "PYTHONPATH": str(CHECKOUT / "collections"), "TMPDIR": str(place.scratch)}
        command = [sys.executable, "-m", f"{PACKAGES}._cache.cli", "seed", "--spec", str(spec), "--log", "json"]
        self.begin = time.monotonic()
        self.process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)

    def end(self) -> tuple[float, int]:
        """Seconds and peak resident bytes of the whole process."""
        peak = self._peak()
        spent = time.monotonic() - self.begin
        if self.process.wait():
            raise RuntimeError(f"the seeder ended with {self.process.returncode}")
        return spent, peak

    def _peak(self) -> int:
        """Read while it runs: the kernel's account of an ended child begins with the size of the parent that forked."""
        peak, ended = 0, os.pidfd_open(self.process.pid)
        try:
            while not select.select([ended], [], [], SAMPLE_SECONDS)[0]:
                text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
                peak = max([peak, *(int(kib) << 10 for kib in re.findall(r"VmHWM:\s+(\d+)", text))])
        finally:
            os.close(ended)
        return peak

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Relay:
    """Stands between client and hub and counts what passes, in pieces small enough to see a second's edge."""

    PIECE = 16 << 10

    def __init__(self, hub: str) -> None:
        host, _, port = hub.rpartition("//")[2].partition(":")
        self._hub = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 << 10)
        # segments of an Ethernet; the loopback's 64 KiB would make a sender wait for half a buffer at a time
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1448)
        self._lock = threading.Lock()
        self._bins: dict[int, int] = {}
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def seconds(self) -> list[float]:
        """Bytes in each whole second, counted from the first byte."""
        with self._lock:
            bins = dict(self._bins)
        first, last = min(bins), max(bins)
        width = round(1 / BIN_SECONDS)
        return [
            sum(bins.get(number, 0) for number in range(start, start + width))
            for start in range(first, last + 1 - width, width)
        ]

    def total(self) -> int:
        """Bytes towards the client since the last reset, listings and headers included."""
        with self._lock:
            return sum(self._bins.values())

    def reset(self) -> None:
        with self._lock:
            self._bins.clear()

    def _accept(self) -> None:
        while True:
            client, _peer = self._listener.accept()
            hub = socket.create_connection(self._hub)
            threading.Thread(target=self._pump, args=(client, hub, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(hub, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(self.PIECE):
                target.sendall(piece)
                if counted:
                    number = int(time.monotonic() / BIN_SECONDS)
                    with self._lock:
                        self._bins[number] = self._bins.get(number, 0) + len(piece)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
