"""Control groups of one lab: below one directory in every hierarchy, so that nothing escapes `down`.

Version 1 hierarchies are what this was developed on. Version 2 is written by the documentation and has not been run.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class Hierarchies:
    """Where control groups are mounted. `unified` means that version 2 is alone."""

    roots: tuple[Path, ...]
    unified: bool

    def directories(self, name: str, *children: str) -> list[Path]:
        """The lab's (or a child's) directory in every hierarchy."""
        return [root.joinpath(parent(name), *children) for root in self.roots]


def parent(name: str) -> str:
    """The lab's directory below each root."""
    return f"swift-k8s-{name}"


def parse(mountinfo: str) -> Hierarchies:
    """Read /proc/self/mountinfo. Beside version 1 a version 2 tree has no controllers, but runc makes groups there."""
    first: list[Path] = []
    second: list[Path] = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind = after.split(" ", 1)[0]
        target = Path(before.split(" ")[4])
        if kind == "cgroup" and target not in first:
            first.append(target)
        elif kind == "cgroup2":
            second.append(target)
    return Hierarchies((*first, *second[:1]), unified=not first)


def here() -> Hierarchies:
    """This machine's."""
    return parse(MOUNTINFO.read_text())


def make(tree: Hierarchies, name: str, nodes: Sequence[str]) -> None:
    """One group for the supervisors and one a node; kubelet refuses a root that does not exist."""
    for root in tree.roots:
        for group in ((parent(name),), *((parent(name), child) for child in ("init", *nodes))):
            directory = root.joinpath(*group)
            directory.mkdir(exist_ok=True)
            _fill_cpuset(directory)
            if tree.unified and group[-1] != "init":
                controllers = (directory / "cgroup.controllers").read_text().split()
                (directory / "cgroup.subtree_control").write_text(" ".join(f"+{item}" for item in controllers))


def _fill_cpuset(directory: Path) -> None:
    """A version 1 cpuset starts empty and takes no process until it is filled."""
    for file in ("cpuset.cpus", "cpuset.mems"):
        if (directory.parent / file).exists() and not (directory / "cgroup.controllers").exists():
            (directory / file).write_text((directory.parent / file).read_text())


def processes(tree: Hierarchies, name: str) -> set[int]:
    """Every process in the lab's groups."""
    found: set[int] = set()
    for directory in _groups(tree, name):
        with suppress(FileNotFoundError):
            found.update(int(line) for line in (directory / "cgroup.procs").read_text().split())
    return found


def end(tree: Hierarchies, name: str, timeout: float = 20.0) -> set[int]:
    """Kill everything in the lab's groups; answers what would not die."""
    deadline = time.monotonic() + timeout
    while left := processes(tree, name):
        for pid in left:
            _kill(pid)
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
    return set()


def remove(tree: Hierarchies, name: str, timeout: float = 20.0) -> list[Path]:
    """Remove the lab's groups, leaves first; answers what is left."""
    deadline = time.monotonic() + timeout
    while True:
        for directory in _groups(tree, name):
            with suppress(OSError):  # a process that just died keeps its group for a moment: tried again below
                directory.rmdir()
        left = [path for path in tree.directories(name) if path.exists()]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


def _groups(tree: Hierarchies, name: str) -> Iterator[Path]:
    """All groups of the lab, children before parents."""
    for top in tree.directories(name):
        for current, _, _ in os.walk(top, topdown=False):
            yield Path(current)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
