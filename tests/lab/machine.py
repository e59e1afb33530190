"""What a lab could leave on the machine, and how its command line is called by tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab import cgroup
from lab.paths import ROLE, Paths, cache_root

WATCHED = ("/dev", "/run", "/etc", "/etc/cni", "/opt", "/usr/local", "/usr/local/bin", "/var/lib", "/var/log", "/mnt")


@dataclass
class Lab:
    """One lab's command line."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> Paths:
        return Paths(self.name, Path(self.environment.get("SWIFT_K8S_CACHE", cache_root())))

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """A command that goes on while the test does; in a process group of its own, for Ctrl-C."""
        # A shell starts what it puts into the background deaf to Ctrl-C; what is deaf begets the deaf.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return subprocess.Popen(
            [sys.executable, "-m", "lab", *words],
            env={**os.environ, "PYTHONPATH": str(ROLE), "LAB_NAME": self.name, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, **environment: str) -> tuple[int, str]:
        """Exit status and everything it said."""
        process = self.start(*words, **environment)
        output, _ = process.communicate(timeout=300)
        return process.returncode, output

    def kubectl(self, *words: str) -> str:
        """kubectl's answer."""
        code, output = self.run("env")
        assert code == 0, output
        exports = dict(line.removeprefix("export ").split("=", 1) for line in output.splitlines())
        command = [exports["PATH"].split(":")[0] + "/kubectl", f"--kubeconfig={exports['KUBECONFIG']}", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def said_by(process: subprocess.Popen[str], text: str) -> list[str]:
    """Read a command's output until it says the text."""
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"ended without saying {text!r}: {''.join(lines)}")


def snapshot() -> dict[str, set[str]]:
    """Mounts, links, firewall rules, network namespaces and top-level files of the machine."""

    def lines(*command: str) -> set[str]:
        return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines())

    return {
        "mounts": set(Path("/proc/self/mountinfo").read_text().splitlines()),
        "links": lines("ip", "-o", "link"),
        "rules": lines("nft", "list", "ruleset"),
        "routes": lines("ip", "route"),
        "namespaces": lines("ip", "netns"),
        "files": {str(path) for top in WATCHED if Path(top).exists() for path in Path(top).iterdir()},
    }


def left_by(lab: Lab) -> list[str]:
    """Processes, control groups and files of one lab."""
    paths, tree = lab.paths, cgroup.here()
    left = [str(path) for path in (paths.run, paths.build) if path.exists()]
    left += [str(path) for path in tree.directories(lab.name) if path.exists()]
    left += [f"process {pid}" for pid in cgroup.processes(tree, lab.name)]
    return left + [f"process {path.parent.name}" for path in Path("/proc").glob("[0-9]*/cmdline") if _of(path, paths)]


def _of(cmdline: Path, paths: Paths) -> bool:
    try:
        return f"{paths.run}/".encode() in cmdline.read_bytes()
    except OSError:  # it ended while we looked
        return False
