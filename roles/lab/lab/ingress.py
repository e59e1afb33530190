"""Traefik on a running lab, for Ingresses (its own, and those written for ingress-nginx) and for the Gateway API.

It is compiled from its module without the 180 providers of DNS challenges, whose SDKs are more code than all the rest.

python -m lab.ingress up | down
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from . import addon
from .addon import kubectl
from .console import Console
from .image import publish, save, saved_images
from .paths import PACKAGE, Paths
from .pieces.builder import build
from .pieces.catalogue import MODULES, REVISION
from .pieces.go import LINK, build_module, go, module_directory
from .pieces.piece import Piece, Workshop, sources
from .running import running

TRAEFIK = "github.com/traefik/traefik/v3"
LEGO = "github.com/go-acme/lego/v4"
GATEWAY_API = "sigs.k8s.io/gateway-api"
IMAGE = "traefik"
TAG = "1"
PROGRAM = "traefik"
DEFINITIONS = "definitions.yaml"
MANIFESTS = PACKAGE / "ingress.yaml"


def piece() -> Piece:
    """The controller, and the definitions of the kinds that it reads."""
    source = MODULES / "traefik"
    return Piece("traefik", f"{sources(source)} {LINK} {REVISION}", (PROGRAM, DEFINITIONS), _make)


def _make(workshop: Workshop) -> None:
    module = workshop.work / "module"
    build_module(workshop, MODULES / "traefik", [f"{TRAEFIK}/cmd/traefik"], [PROGRAM], _without_challenges)
    own = module_directory(workshop, TRAEFIK, module) / "docs/content/reference/dynamic-configuration"
    gateway = module_directory(workshop, GATEWAY_API, module) / "config/crd/standard"
    files = [own / "kubernetes-crd-definition-v1.yml", *sorted(gateway.glob("gateway.networking.k8s.io_*.yaml"))]
    (workshop.out / DEFINITIONS).write_text("\n---\n".join(path.read_text(encoding="utf-8") for path in files))


def _without_challenges(workshop: Workshop, module: Path) -> None:
    """A copy of lego that knows no DNS provider, in the place of lego."""
    copy = module / "lego"
    shutil.copytree(module_directory(workshop, LEGO, module), copy)
    shutil.rmtree(copy / "providers/dns")
    (copy / "providers/dns").mkdir()
    shutil.copy(MODULES / "traefik/no_providers.go.txt", copy / "providers/dns/providers.go")
    go(workshop, ["mod", "edit", f"-replace={LEGO}=./lego"], module)


def up(paths: Paths, console: Console) -> None:
    """Safe to repeat."""
    running(paths)
    bins = build([piece()], paths.bin, console)
    save(addon.image(IMAGE, TAG, bins[PROGRAM]))
    publish(saved_images(), paths.registry)
    addon.apply(bins[DEFINITIONS])
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", str(bins[DEFINITIONS]))
    addon.apply(MANIFESTS)
    kubectl("--namespace=traefik", "rollout", "status", "deployment/traefik", "--timeout=120s")


def down(paths: Paths, console: Console) -> None:
    """Remove it and its kinds; its image stays in the cache."""
    bins = build([piece()], paths.bin, console)
    for manifest in (MANIFESTS, bins[DEFINITIONS]):
        addon.delete(manifest)


if __name__ == "__main__":
    sys.exit(addon.main(sys.argv[1:], "ingress", up, down))
