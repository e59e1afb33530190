"""The images that every lab has: the cluster's own, and what tests and charts use."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .image import Image, Layer, debian_python, debian_rootfs, digest_of, rootfs_layer, save, skeleton

REVISION = "2"
USER = ("swift", 1000)
PYTHON_PACKAGES = ("python3", "python3-venv", "dash", "coreutils", "ca-certificates")
HAPROXY = ("library/haproxy", "3.2-alpine")
ASCEND_PLUGIN = ("ascendhub/ascend-k8sdeviceplugin", "ascend/ascend-k8sdeviceplugin")
ASCEND_TAGS = {"26.0.0": ("v26.0.0",), "26.1.0": ("v26.1.0-openeuler24.03", "v26.1.0-ubuntu22.04")}
Bins = Mapping[str, Path]


def ensure(bins: Bins) -> None:
    """Bring the images into the store; what is there already costs nothing."""
    for image in [*own(bins), *device_plugins(bins), python(), haproxy()]:
        save(image)


def own(bins: Bins) -> list[Image]:
    """Pause, busybox, CoreDNS and the volume provisioner."""
    return [
        _program("pause", bins["pause"]),
        busybox(),
        _program("coredns", bins["coredns"]),
        _program("local-path-provisioner", bins["local-path-provisioner"], command=("start",)),
    ]


def busybox() -> Image:
    """Debian's static busybox with its links; a shell when nothing else is asked for."""
    return Image("bb", "1", [rootfs_layer(f"busybox {digest_of(_busybox())} {REVISION}", _shell)], command=["/bin/sh"])


def python() -> Image:
    """Debian's Python for a user without privileges."""
    recipe = f"python with byte code {PYTHON_PACKAGES} {USER} {REVISION}"
    layer = rootfs_layer(recipe, lambda directory: debian_python(PYTHON_PACKAGES, directory, USER))
    env = {"HOME": "/home/swift", "PYTHONUNBUFFERED": "1"}
    return Image("python", "3.11", [layer], command=["python3"], env=env, user="1000", workdir="/home/swift")


def haproxy() -> Image:
    """Debian's HAProxy (2.6) under the name and tag that the ms-swift chart pulls."""
    packages = ("haproxy", "coreutils")
    layer = rootfs_layer(f"{packages} {USER} {REVISION}", lambda directory: debian_rootfs(packages, directory, USER))
    return Image(*HAPROXY, [layer], command=["haproxy", "-v"], user="1000")


def prometheus() -> Image:
    """Debian's Prometheus (2.42), which finds pods by DNS: Debian builds it without Kubernetes discovery."""
    layer = rootfs_layer(
        f"prometheus {USER} {REVISION}", lambda directory: debian_rootfs(("prometheus",), directory, USER)
    )
    return Image("prometheus", "2.42", [layer], entrypoint=["prometheus"], user="1000", workdir="/tmp")


def device_plugins(bins: Bins) -> list[Image]:
    """The simulated device plugin under the names that the upstream charts pull, and NVIDIA's mig-manager."""
    companions = ("config-manager", "gpu-feature-discovery", "mps-control-daemon", "nvidia-mig-manager")
    links = ("nvidia-device-plugin", *companions, "device-plugin")
    layer = _binary_layer("deviceplugin", bins["deviceplugin"], links=links)
    nvidia = Image(
        *("nvidia/k8s-device-plugin", "v0.20.0", [layer]),
        entrypoint=["/usr/bin/nvidia-device-plugin"],
    )
    manager = Image(
        *("nvidia/cloud-native/k8s-mig-manager", "v0.15.0", [layer]),
        entrypoint=["/usr/bin/nvidia-mig-manager"],
    )
    images = [nvidia, manager]
    for version, tags in ASCEND_TAGS.items():
        for name in ASCEND_PLUGIN:
            images += [
                Image(name, tag, [layer], env={"SIM_VERSION": version}, command=["/usr/local/bin/device-plugin"])
                for tag in tags
            ]
    return images


def _program(name: str, binary: Path, command: tuple[str, ...] = ()) -> Image:
    return Image(name, "1", [_binary_layer(name, binary)], entrypoint=[f"/usr/bin/{name}"], command=command)


def _binary_layer(name: str, binary: Path, links: tuple[str, ...] = ()) -> Layer:
    """One static program, with a shell beside it to look around."""

    def fill(directory: Path) -> None:
        _shell(directory)
        shutil.copy(binary, directory / "usr/bin" / name)
        (directory / "usr/local/bin").mkdir(parents=True)
        for link in links:
            for place in ("usr/bin", "usr/local/bin"):
                (directory / place / link).symlink_to(f"/usr/bin/{name}")

    return rootfs_layer(f"program {binary.parent.name}/{binary.name} {links} {REVISION}", fill)


def _busybox() -> Path:
    return Path(shutil.which("busybox") or "/bin/busybox")


def _shell(directory: Path) -> None:
    """busybox under all its names, and a bash that is its sh: upstream manifests call bash for one-line scripts."""
    skeleton(directory, USER)
    shutil.copy(_busybox(), directory / "bin/busybox")
    answer = subprocess.run([_busybox(), "--list"], check=True, capture_output=True, text=True)
    for applet in answer.stdout.split():
        if applet != "busybox":
            (directory / "bin" / applet).symlink_to("busybox")
    bash = directory / "bin/bash"
    bash.write_text('#!/bin/sh\nexec /bin/sh "$@"\n')
    bash.chmod(0o755)
