"""What the machine must have. Debian packages are installed; everything else that is missing is said at once."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from .console import Console
from .errors import LabError
from .paths import Paths

PACKAGES = {
    "nft": "nftables",
    "busybox": "busybox-static",
    "ip": "iproute2",
    "openssl": "openssl",
    "unshare": "util-linux",
    "pivot_root": "util-linux",
    "hostname": "hostname",
}
BUILD_GIB, RUN_GIB, MEMORY_GIB = 12, 3, 4
KERNEL_FILES = {
    "/proc/self/ns/net": "network namespaces (CONFIG_NET_NS)",
    "/proc/self/ns/pid": "process namespaces (CONFIG_PID_NS)",
    "/proc/self/ns/mnt": "mount namespaces",
    "/proc/net/nf_conntrack": "connection tracking (CONFIG_NF_CONNTRACK)",
}


def demand(paths: Paths, console: Console) -> None:
    """Install the missing packages, then say everything else that is missing at once."""
    problems = [*system(), *space(paths), *tools(paths)]
    if problems:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise LabError(f"this machine lacks something:{lines}\n", "mend these, then try again")
    _install([package for tool, package in PACKAGES.items() if shutil.which(tool) is None], console)


def system() -> list[str]:
    """Linux, root, kernel."""
    if sys.platform != "linux":
        return [f"the system is {platform.system()}: run this on Linux, in a virtual machine if need be"]
    problems = []
    if os.geteuid() != 0:
        problems.append(
            "you are not root: nodes need namespaces, mounts and control groups; use sudo -E or a root shell"
        )
    problems += [f"the kernel lacks {what}" for path, what in KERNEL_FILES.items() if not Path(path).exists()]
    file_systems = Path("/proc/filesystems").read_text().split()
    if "overlay" not in file_systems:
        problems.append("the kernel lacks overlay file systems: load it (modprobe overlay)")
    return problems


def space(paths: Paths) -> list[str]:
    """Disk and memory."""
    place = paths.cache
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 2**30
    needed = RUN_GIB if paths.bin.exists() else BUILD_GIB
    problems = []
    if free < needed:
        problems.append(f"{place} has {free:.1f} GiB free, {needed} are needed: free some or set SWIFT_K8S_CACHE")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") / 2**30
    available = _available_gib() or memory
    if available < MEMORY_GIB:
        problems.append(f"{available:.1f} GiB of memory are available, {MEMORY_GIB} are needed: end something")
    return problems


def tools(paths: Paths) -> list[str]:
    """What cannot be installed from here."""
    problems = []
    if shutil.which("apt-get") is None:
        problems.append("apt-get is missing: the lab unpacks Debian packages; use Debian or Ubuntu")
    if shutil.which("go") is None and not paths.bin.exists():
        problems.append("go is missing: install Go 1.26 or later (https://go.dev/doc/install) and put it on PATH")
    return problems


def _available_gib() -> float:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 2**20
    return 0.0


def _install(packages: list[str], console: Console) -> None:
    if not packages:
        return
    names = sorted(set(packages))
    console.say(f"installing Debian packages: {' '.join(names)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *names]):
        answer = subprocess.run(
            ["apt-get", "--quiet=2", *command], env=environment, capture_output=True, text=True, check=False
        )
        if answer.returncode:
            raise LabError(
                f"apt-get {command[0]} failed: {answer.stderr.strip()}",
                f"install {' '.join(names)} by hand, then try again",
            )
