"""Run a program inside a root directory: mounts of its own that vanish with it, the machine's network and process ids.

Needs root, as the lab does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .image import PATH

_DEVICES = ("null", "zero", "full", "random", "urandom")
# $1: root; the rest up to `--` are pairs of directories to bind; then the command
_ENTER = """
set -e
root=$1; shift
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in DEVICES; do touch "$root/dev/$name"; mount --bind "/dev/$name" "$root/dev/$name"; done
mkdir -m 1777 "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
while [ "$1" != -- ]; do mkdir -p "$root$2"; mount --bind "$1" "$root$2"; shift 2; done
shift
exec "$@"
""".replace("DEVICES", " ".join(_DEVICES))


def command(
    root: Path,
    program: Sequence[str],
    env: Mapping[str, str] | None = None,
    binds: Mapping[Path, str] | None = None,
    user: int = 0,
    workdir: str = "/",
) -> list[str]:
    """The argv that runs `program` in `root`; `binds` maps directories of this machine to places in it.

    The process that is started becomes the program (no wrapper stays), so signals reach it.
    """
    pairs = [word for source, place in (binds or {}).items() for word in (str(source), place)]
    variables = [f"{name}={value}" for name, value in {"PATH": PATH, "HOME": "/tmp", **(env or {})}.items()]
    return [
        *("unshare", "--mount", "--propagation", "private", "sh", "-c", _ENTER, "sh", str(root), *pairs, "--"),
        *("chroot", f"--userspec={user}:{user}", str(root), "/usr/bin/env", "-i", f"--chdir={workdir}", *variables),
        *program,
    ]
