"""Every piece of the lab, in the order in which they are built."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..image.apt import apt_get
from ..image.debian import unpack
from ..paths import ROLE
from . import kubernetes
from .go import LINK, build_module, module_directory
from .piece import Piece, Workshop, sources

MODULES = ROLE / "modules"
REVISION = "1"
DEBIAN_FILES = {
    "usr/bin/containerd": "containerd",
    "usr/bin/containerd-shim-runc-v2": "containerd-shim-runc-v2",
    "usr/bin/ctr": "ctr",
    "usr/sbin/runc": "runc",
    "usr/bin/docker-registry": "docker-registry",
    "usr/lib/cni/bridge": "bridge",
    "usr/lib/cni/loopback": "loopback",
    "usr/lib/cni/host-local": "host-local",
    "usr/lib/cni/portmap": "portmap",
}
DEBIAN_PACKAGES = ("containerd", "runc", "containernetworking-plugins", "docker-registry")
KWOK_STAGES = (
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    "pod/fast/pod-ready",
    "pod/fast/pod-complete",
    "pod/fast/pod-delete",
)


def all_pieces() -> list[Piece]:
    """Kubernetes first: the others find most of what they import compiled already."""
    kubernetes_recipe = f"kubernetes {kubernetes.VERSION} {kubernetes.COMMANDS} {REVISION}"
    return [
        Piece("debian", f"{DEBIAN_PACKAGES} {sorted(DEBIAN_FILES)} {REVISION}", tuple(DEBIAN_FILES.values()), _debian),
        Piece("kubernetes", kubernetes_recipe, kubernetes.COMMANDS, kubernetes.build),
        _module("etcd", "."),
        Piece("kwok", _recipe(MODULES / "kwok"), ("kwok", "kwok-stages.yaml"), _kwok),
        _module("coredns", "."),
        _module("local-path-provisioner", "github.com/rancher/local-path-provisioner"),
        _module("pause", "."),
        _module("deviceplugin", ".", ROLE / "deviceplugin"),
    ]


def helm_diff() -> Piece:
    """Helm's diff plugin, for the one test that asks it; no lab needs it."""
    return _module("helm-diff", "github.com/databus23/helm-diff/v3")


def _recipe(directory: Path) -> str:
    return f"{sources(directory)} {LINK} {REVISION}"


def _module(name: str, package: str, directory: Path | None = None) -> Piece:
    source = directory or MODULES / name

    def make(workshop: Workshop) -> None:
        build_module(workshop, source, [package], [name])

    return Piece(name, _recipe(source), (name,), make)


def _kwok(workshop: Workshop) -> None:
    """kwok's binary has no stages of its own; without them it plays nothing."""
    build_module(workshop, MODULES / "kwok", ["sigs.k8s.io/kwok/cmd/kwok"], ["kwok"])
    stages = module_directory(workshop, "sigs.k8s.io/kwok", workshop.work / "module") / "kustomize/stage"
    texts = [(stages / f"{name}.yaml").read_text() for name in KWOK_STAGES]
    (workshop.out / "kwok-stages.yaml").write_text("\n---\n".join(texts))


def _debian(workshop: Workshop) -> None:
    apt_get(["download", *DEBIAN_PACKAGES], f"download {' '.join(DEBIAN_PACKAGES)}", cwd=workshop.work)
    tree = workshop.work / "tree"
    tree.mkdir()
    for archive in workshop.work.glob("*.deb"):
        unpack(archive, tree)
    for source, name in DEBIAN_FILES.items():
        shutil.move(tree / source, workshop.out / name)
