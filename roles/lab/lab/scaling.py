"""What a real metrics pipeline needs on a running lab: Debian's Prometheus as an image, and KEDA, compiled from its
module (about six minutes the first time) and installed by its own manifests.

python -m lab.scaling up | down
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .console import Console
from .control import alive
from .errors import LabError
from .image import Image, publish, rootfs_layer, save, saved_images, skeleton
from .images import prometheus
from .paths import Paths
from .pieces.builder import build
from .pieces.catalogue import MODULES, REVISION
from .pieces.go import LINK, build_module, module_directory
from .pieces.piece import Piece, Workshop, sources
from .state import State

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
    config = workshop.work / "config"
    shutil.copytree(module_directory(workshop, KEDA, workshop.work / "module") / "config", config)
    kubectl = shutil.which("kubectl") or _kubectl()
    done = subprocess.run([kubectl, "kustomize", str(config / "default")], check=True, capture_output=True)
    (workshop.out / MANIFESTS).write_bytes(done.stdout)


def _kubectl() -> str:
    return str(running().binary("kubectl"))


def running() -> State:
    """The lab that LAB_NAME chooses, or the next step."""
    paths = Paths.here()
    state = State.load(paths)
    if state is None or not alive(paths.control):
        raise LabError(f"lab {paths.name!r} is not up", "`python -m lab up` (make lab-up)")
    return state


def image(name: str, binary: Path) -> Image:
    """One static program, as KEDA's own images have it."""

    def fill(directory: Path) -> None:
        skeleton(directory)
        shutil.copy(binary, directory / binary.name)

    layer = rootfs_layer(f"keda {binary.parent.name}/{binary.name} {REVISION}", fill)
    return Image(name, TAG, [layer], entrypoint=[f"/{binary.name}"], user="65532")


def kubectl(*words: str) -> None:
    """kubectl on the lab, its output shown."""
    state, paths = running(), Paths.here()
    command = [str(state.binary("kubectl")), f"--kubeconfig={paths.build / 'kubeconfig'}", *words]
    if subprocess.run(command, check=False).returncode:
        raise LabError(f"kubectl {' '.join(words)} failed", "read what it says above")


def up(paths: Paths, console: Console) -> None:
    """Safe to repeat."""
    running()
    bins = build([piece()], paths.bin, console)
    for name, program in PROGRAMS.values():
        save(image(name, bins[program]))
    save(prometheus())
    publish(saved_images(), paths.registry)
    kubectl("apply", "--server-side", "--force-conflicts", "-f", str(bins[MANIFESTS]))
    for deployment in DEPLOYMENTS:
        kubectl("--namespace=keda", "rollout", "status", f"deployment/{deployment}", "--timeout=120s")


def down(paths: Paths, console: Console) -> None:
    """Remove KEDA; its images stay in the cache."""
    bins = build([piece()], paths.bin, console)
    kubectl("delete", "--ignore-not-found", "-f", str(bins[MANIFESTS]))


def main(words: list[str]) -> int:
    """Do what the word says."""
    actions = {"up": up, "down": down}
    if len(words) != 1 or words[0] not in actions:
        print(f"usage: python -m lab.scaling {'|'.join(actions)}", file=sys.stderr)
        return 2
    try:
        actions[words[0]](Paths.here(), Console())
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
