"""Remove a lab without trace, in whatever state it is."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import cgroup
from .errors import LabError
from .paths import Paths


def remove(paths: Paths) -> None:
    """End every process, then remove control groups, files and what `up` wrote into the checkout.

    Mounts, network namespaces and links live in namespaces that end with their last process.
    """
    tree = cgroup.here()
    alive = cgroup.end(tree, paths.name)
    if alive:
        listed = ", ".join(str(pid) for pid in sorted(alive))
        raise LabError(
            f"processes {listed} of lab {paths.name!r} do not end", "see what they wait for in /proc/PID/stack"
        )
    groups = cgroup.remove(tree, paths.name)
    if groups:
        listed = ", ".join(str(path) for path in groups)
        raise LabError(f"control groups {listed} cannot be removed", "see which processes are in them (cgroup.procs)")
    mounted = mounts_below(paths.run, Path("/proc/self/mountinfo").read_text())
    if mounted:
        raise LabError(f"mounted below {paths.run}: {', '.join(mounted)}", "unmount that, then `down` again")
    for directory in (paths.run, paths.build):
        if directory.exists():
            shutil.rmtree(directory)


def mounts_below(directory: Path, mountinfo: str) -> list[str]:
    """Mount points below a directory: nothing is deleted through a mount."""
    prefix = f"{directory}/"
    targets = [line.split(" ")[4] for line in mountinfo.splitlines()]
    return [target for target in targets if target.startswith(prefix)]


def keep_logs(paths: Paths) -> Path | None:
    """Copy a failed lab's logs into the checkout's build directory."""
    if not paths.log.exists():
        return None
    target = paths.build.parent / f"{paths.name}-failed"
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(paths.log, target / "log")
    for log in sorted((paths.run / "nodes").glob("*/*.log")):
        (target / log.parent.name).mkdir(exist_ok=True)
        shutil.copy(log, target / log.parent.name)
    return target
