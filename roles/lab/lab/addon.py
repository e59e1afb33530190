"""Controllers compiled from their modules and installed on a running lab by their own manifests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .console import Console
from .errors import LabError, outcome
from .image import Image, rootfs_layer, skeleton
from .paths import Paths
from .pieces.catalogue import REVISION
from .pieces.go import module_directory
from .pieces.piece import Workshop
from .running import running

Action = Callable[[Paths, Console], None]


def manifests(workshop: Workshop, module: str) -> bytes:
    """What the module's config/default adds up to. The module's build has been in the workshop."""
    config = workshop.work / "config"
    shutil.copytree(module_directory(workshop, module, workshop.work / "module") / "config", config)
    kubectl = shutil.which("kubectl") or str(running(Paths.here()).binary("kubectl"))
    return subprocess.run([kubectl, "kustomize", str(config / "default")], check=True, capture_output=True).stdout


def image(name: str, tag: str, binary: Path) -> Image:
    """One static program, as the projects' own images have it."""

    def fill(directory: Path) -> None:
        skeleton(directory)
        shutil.copy(binary, directory / binary.name)

    layer = rootfs_layer(f"addon {binary.parent.name}/{binary.name} {REVISION}", fill)
    return Image(name, tag, [layer], entrypoint=[f"/{binary.name}"], user="65532")


def kubectl(*words: str) -> None:
    """kubectl on the lab, its output shown."""
    paths = Paths.here()
    state = running(paths)
    command = [str(state.binary("kubectl")), f"--kubeconfig={paths.build / 'kubeconfig'}", *words]
    if subprocess.run(command, check=False).returncode:
        raise LabError(f"kubectl {' '.join(words)} failed", "read what it says above")


def apply(manifest: Path) -> None:
    """Bring a file's objects to the lab; safe to repeat."""
    kubectl("apply", "--server-side", "--force-conflicts", "-f", str(manifest))


def delete(manifest: Path) -> None:
    """Take a file's objects away, those that are there."""
    kubectl("delete", "--ignore-not-found", "-f", str(manifest))


def main(words: list[str], name: str, up: Action, down: Action) -> int:
    """Do what the word says."""
    actions = {"up": up, "down": down}
    if len(words) != 1 or words[0] not in actions:
        print(f"usage: python -m lab.{name} {'|'.join(actions)}", file=sys.stderr)
        return 2

    def act() -> int:
        actions[words[0]](Paths.here(), Console())
        return 0

    return outcome(act)
