"""What a real metrics pipeline needs on a running lab: Debian's Prometheus as an image, and KEDA, compiled from its
module (about six minutes the first time) and installed by its own manifests.

python -m lab.scaling up | down
"""

from __future__ import annotations

import sys

from . import addon
from .addon import kubectl
from .console import Console
from .image import publish, save, saved_images
from .images import prometheus
from .paths import Paths
from .pieces.builder import build
from .pieces.catalogue import MODULES, REVISION
from .pieces.go import LINK, build_module
from .pieces.piece import Piece, Workshop, sources
from .running import running

KEDA = "github.com/kedacore/keda/v2"
TAG = "main"
#: command of the module -> image and program of the manifests
PROGRAMS = {
    "operator": ("kedacore/keda", "keda"),
    "adapter": ("kedacore/keda-metrics-apiserver", "keda-adapter"),
    "webhooks": ("kedacore/keda-admission-webhooks", "keda-admission-webhooks"),
}
MANIFESTS = "keda.yaml"
DEPLOYMENTS = ("keda-operator", "keda-metrics-apiserver", "keda-admission")


def piece() -> Piece:
    """KEDA's programs and its manifests."""
    source = MODULES / "keda"
    files = (*(program for _, program in PROGRAMS.values()), MANIFESTS)
    return Piece("keda", f"{sources(source)} {LINK} {sorted(PROGRAMS)} {REVISION}", files, _make)


def _make(workshop: Workshop) -> None:
    packages = [f"{KEDA}/cmd/{command}" for command in PROGRAMS]
    build_module(workshop, MODULES / "keda", packages, [program for _, program in PROGRAMS.values()])
    (workshop.out / MANIFESTS).write_bytes(addon.manifests(workshop, KEDA))


def up(paths: Paths, console: Console) -> None:
    """Safe to repeat."""
    running(paths)
    bins = build([piece()], paths.bin, console)
    for name, program in PROGRAMS.values():
        save(addon.image(name, TAG, bins[program]))
    save(prometheus())
    publish(saved_images(), paths.registry)
    addon.apply(bins[MANIFESTS])
    for deployment in DEPLOYMENTS:
        kubectl("--namespace=keda", "rollout", "status", f"deployment/{deployment}", "--timeout=120s")


def down(paths: Paths, console: Console) -> None:
    """Remove KEDA; its images stay in the cache."""
    bins = build([piece()], paths.bin, console)
    addon.delete(bins[MANIFESTS])


if __name__ == "__main__":
    sys.exit(addon.main(sys.argv[1:], "scaling", up, down))
