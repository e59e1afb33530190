"""Debian packages unpacked into a directory: no chroot, no maintainer script, nothing installed on the machine.

apt resolves against an empty status file, so the closure is complete; it comes from the machine's own apt sources.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..errors import LabError
from .apt import apt_get

_MERGED = ("bin", "lib", "sbin")
_PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n"
_GROUP = "root:x:0:\nnogroup:x:65534:\n"


def debian_rootfs(
    packages: Sequence[str], directory: Path, user: tuple[str, int] | None = None, apt_config: Path | None = None
) -> None:
    """Fill a directory with the packages and all they depend on; `user` adds an account with a writable home.

    `apt_config` names other sources than the machine's own.
    """
    skeleton(directory, user)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix="apt-") as scratch:
        for archive in download(packages, Path(scratch), apt_config):
            unpack(archive, directory)
    shell = directory / "usr/bin/sh"
    if not shell.exists() and (directory / "usr/bin/dash").exists():
        shell.symlink_to("dash")  # made by a maintainer script on an installed system


def skeleton(directory: Path, user: tuple[str, int] | None = None) -> None:
    """The directories and accounts that every image needs, in Debian's merged-usr layout."""
    for name in _MERGED:
        (directory / "usr" / name).mkdir(parents=True, exist_ok=True)
        (directory / name).symlink_to(f"usr/{name}")
    (directory / "usr/lib64").mkdir(exist_ok=True)
    (directory / "lib64").symlink_to("usr/lib64")
    for name in ("etc", "proc", "sys", "dev", "run", "var/tmp", "root", "home", "opt"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (directory / name).mkdir(exist_ok=True)
        (directory / name).chmod(0o1777)
    passwd, group = _PASSWD, _GROUP
    if user is not None:
        name, uid = user
        passwd += f"{name}:x:{uid}:{uid}::/home/{name}:/bin/sh\n"
        group += f"{name}:x:{uid}:\n"
        home = directory / "home" / name
        home.mkdir()
        os.chown(home, uid, uid)
    (directory / "etc/passwd").write_text(passwd)
    (directory / "etc/group").write_text(group)
    (directory / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")


def download(packages: Sequence[str], directory: Path, apt_config: Path | None = None) -> list[Path]:
    """Fetch the packages and their dependencies as .deb files."""
    archives = directory / "archives"
    (archives / "partial").mkdir(parents=True)
    status = directory / "status"
    status.touch()
    options = [
        "-o",
        f"Dir::State::status={status}",
        "-o",
        f"Dir::Cache::archives={archives}",
        "-o",
        "Debug::NoLocking=1",
    ]
    wanted = ["install", "--yes", "--no-install-recommends", "--download-only", *packages]
    apt_get([*options, *wanted], f"fetch {' '.join(packages)}", config=apt_config)
    return sorted(archives.glob("*.deb"))


def unpack(archive: Path, directory: Path) -> None:
    """Extract a package's files; links of the merged-usr layout are kept, not replaced by directories."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as package:
        tar = ["tar", "--extract", "--keep-directory-symlink", "--numeric-owner", "-C", str(directory)]
        answer = subprocess.run(tar, stdin=package.stdout, capture_output=True, text=True, check=False)
    if package.returncode or answer.returncode:
        raise LabError(f"package {archive.name} cannot be unpacked: {answer.stderr.strip()}", "remove it and try again")
