"""What the machine must have. Debian packages are installed; everything else that is missing is said at once."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .console import Console
from .errors import LabError
from .image.apt import apt_get
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
# Free disk: first build with the compiler's caches; a running lab with the images on both nodes.
BUILD_GIB, RUN_GIB, MEMORY_GIB = 14, 5, 4
INOTIFY_INSTANCES = 40
# Tried for real in namespaces that end at once: what the kernel lacks is found before anything is made.
PROBES = {
    "mount, process and network namespaces": "true",
    "bridges": "ip link add probe type bridge",
    "veth pairs": "ip link add probe type veth peer name probe2",
    "nftables with connection tracking": "nft 'table inet probe { chain c { ct state new accept; }; }'",
    "overlay file systems": "mount -t tmpfs t /mnt && mkdir /mnt/a /mnt/b /mnt/c /mnt/d && "
    "mount -t overlay -o lowerdir=/mnt/a,upperdir=/mnt/b,workdir=/mnt/c o /mnt/d",
}


def demand(paths: Paths, to_build: Sequence[str], console: Console) -> None:
    """Install the missing packages, then say everything else that is missing at once."""
    refuse(at_sight(paths, to_build))
    _install([package for tool, package in PACKAGES.items() if shutil.which(tool) is None], console)
    refuse([*kernel(), *watches()])


def at_sight(paths: Paths, to_build: Sequence[str]) -> list[str]:
    """What is seen to be missing in a moment: worth knowing before minutes of bootstrap."""
    return [*system(), *space(paths, bool(to_build)), *tools(to_build)]


def refuse(problems: Sequence[str]) -> None:
    """One error for all of them, if there are any."""
    if problems:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise LabError(f"this machine lacks something:{lines}", "mend these, then try again")


def system() -> list[str]:
    """Linux, root, control groups."""
    if sys.platform != "linux":
        return [f"the system is {platform.system()}: run this on Linux, in a virtual machine if need be"]
    problems = []
    if os.geteuid() != 0:
        problems.append(
            "you are not root: nodes need namespaces, mounts and control groups; use sudo -E or a root shell"
        )
    if "cgroup" not in Path("/proc/self/mountinfo").read_text():
        problems.append("control groups are not mounted: mount them at /sys/fs/cgroup")
    return problems


def space(paths: Paths, building: bool) -> list[str]:
    """Disk and memory."""
    place = paths.cache
    while not place.exists():
        place = place.parent
    free, needed = shutil.disk_usage(place).free / 2**30, BUILD_GIB if building else RUN_GIB
    problems = []
    if paths.cache.parts[1] in {"etc", "usr", "proc", "sys", "dev", "run"}:
        problems.append(f"the cache {paths.cache} is in a system directory: set SWIFT_K8S_CACHE to another one")
    if free < needed:
        problems.append(f"{place} has {free:.1f} GiB free, {needed} are needed: free some or set SWIFT_K8S_CACHE")
    available = available_gib(Path("/proc/meminfo").read_text())
    if available < MEMORY_GIB:
        problems.append(f"{available:.1f} GiB of memory are available, {MEMORY_GIB} are needed: end something")
    return problems


def tools(to_build: Sequence[str]) -> list[str]:
    """What cannot be installed from here."""
    problems = []
    if shutil.which("apt-get") is None:
        problems.append("apt-get is missing: the lab unpacks Debian packages; use Debian or Ubuntu")
    if to_build and shutil.which("go") is None:
        problems.append(f"go is missing and {', '.join(to_build)} must be compiled: put Go 1.26 or later on PATH")
    return problems


def kernel() -> list[str]:
    """What the kernel refuses."""
    namespaces = ["unshare", "--mount", "--net", "--pid", "--fork", "--propagation=private"]
    problems = []
    for what, script in PROBES.items():
        answer = subprocess.run([*namespaces, "sh", "-c", script], capture_output=True, text=True, check=False)
        if answer.returncode:
            problems.append(f"the kernel refuses {what} ({answer.stderr.strip()[:120]}): use one that has them")
    return problems


def watches() -> list[str]:
    """A lab opens about 30 inotify instances; without them the kubelet ends as soon as it starts."""
    libc = ctypes.CDLL(None)
    opened: list[int] = []
    while len(opened) < INOTIFY_INSTANCES and (descriptor := libc.inotify_init1(os.O_CLOEXEC)) >= 0:
        opened.append(descriptor)
    for descriptor in opened:
        os.close(descriptor)
    if len(opened) == INOTIFY_INSTANCES:
        return []
    free = f"only {len(opened)} inotify instances are free, {INOTIFY_INSTANCES} are needed"
    return [f"{free}: sysctl -w fs.inotify.max_user_instances=512, or remove another lab"]


def available_gib(meminfo: str) -> float:
    """MemAvailable of /proc/meminfo."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 2**20
    return 0.0


def _install(packages: Sequence[str], console: Console) -> None:
    if not packages:
        return
    names = sorted(set(packages))
    console.say(f"installing Debian packages: {' '.join(names)}")
    apt_get(["install", "--yes", "--no-install-recommends", *names], f"install {' '.join(names)}")
