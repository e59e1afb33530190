"""Image ms-swift: the real engine on CPU."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import tempfile
from pathlib import Path

from ..errors import LabError
from ..image import Image, compile_modules, debian_rootfs, rootfs_layer
from ..image.chroot import command
from ..paths import CHECKOUT
from . import prune
from .suite import apt_config
from .wheels import install

VERSION = "4.6.0"
REVISION = "2"
SUITE = "trixie"
PYTHON = "3.13"
PACKAGES = ("python3", "python3-torch", "dash", "coreutils", "libc-bin", "ca-certificates")
USER = ("swift", 1000)
LOCK = CHECKOUT / "requirements" / "engine.txt"
SITE = f"usr/local/lib/python{PYTHON}/dist-packages"
#: Debian chooses between BLAS libraries by links that its maintainer scripts make; here the loader is told
LOADER = "/usr/lib/{triplet}/blas\n/usr/lib/{triplet}/lapack\n/usr/local/lib\n/usr/lib/{triplet}\n"
SWIFT = '#!/bin/sh\nexec python3 -m swift.cli.main "$@"\n'


def real() -> Image:
    """ms-swift:4.6.0, from the cache when its recipe is unchanged."""
    layer = rootfs_layer(recipe(), fill)
    env = {
        "HOME": "/home/swift",
        "PYTHONUNBUFFERED": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "TOKENIZERS_PARALLELISM": "false",
    }
    return Image("ms-swift", VERSION, [layer], command=["python3"], env=env, user="1000", workdir="/home/swift")


def recipe() -> str:
    """All that the content depends on."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    pruned = (prune.DOCUMENTS, prune.GPU_DRIVERS, prune.TORCH, prune.DOUBLE, prune.WHEELS)
    return f"ms-swift {digest} {SUITE} {PACKAGES} {USER} {pruned} {platform.machine()} {REVISION}"


def fill(directory: Path) -> None:
    """The root file system: Debian's packages, the wheels, and byte code, so that a read-only root starts fast."""
    machine = platform.machine()
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix="suite-") as scratch:
        debian_rootfs(PACKAGES, directory, USER, apt_config(SUITE, Path(scratch)))
    libraries = directory / f"usr/lib/{machine}-linux-gnu"
    prune.prune(directory, prune.DOCUMENTS)
    prune.prune(directory / "usr/lib", prune.TORCH)
    prune.prune(libraries, prune.GPU_DRIVERS)
    prune.prune(directory / "usr/lib/python3/dist-packages", prune.DOUBLE)
    install(LOCK, directory / SITE, PYTHON, machine)
    prune.prune(directory / SITE, prune.WHEELS)
    _programs(directory)
    _loader(directory)
    compile_modules(directory, f"/{SITE}")


def _programs(directory: Path) -> None:
    """`python` and `swift`, as the upstream images have them."""
    places = directory / "usr/local/bin"
    places.mkdir(parents=True, exist_ok=True)
    (places / "python").symlink_to("/usr/bin/python3")
    swift = places / "swift"
    swift.write_text(SWIFT)
    swift.chmod(0o755)


def _loader(directory: Path) -> None:
    (directory / "etc/ld.so.conf").write_text(LOADER.format(triplet=f"{platform.machine()}-linux-gnu"))
    answer = subprocess.run(command(directory, ["/usr/sbin/ldconfig"]), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise LabError(f"ldconfig in the engine image ended with {answer.returncode}: {answer.stderr}", "report it")
