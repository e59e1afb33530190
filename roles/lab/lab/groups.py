"""LeaderWorkerSet on a running lab: its controller, compiled from its module and installed by its own manifests.

python -m lab.groups up | down
"""

from __future__ import annotations

import sys

from . import addon
from .addon import kubectl
from .api import Api, wait
from .console import Console
from .image import publish, save, saved_images
from .paths import Paths
from .pieces.builder import build
from .pieces.catalogue import MODULES, REVISION
from .pieces.go import LINK, build_module
from .pieces.piece import Piece, Workshop, sources
from .running import running

LWS = "sigs.k8s.io/lws"
#: as the manifests name it
IMAGE = "k8s-staging-images/lws/lws"
TAG = "release-0.9"
PROGRAM = "manager"
MANIFESTS = "lws.yaml"
#: Asked for without being kept: the API server asks the controller's webhook first.
TRIAL_PATH = "/apis/leaderworkerset.x-k8s.io/v1/namespaces/default/leaderworkersets?dryRun=All"
TRIAL = {
    "apiVersion": "leaderworkerset.x-k8s.io/v1",
    "kind": "LeaderWorkerSet",
    "metadata": {"name": "trial"},
    "spec": {
        "leaderWorkerTemplate": {"workerTemplate": {"spec": {"containers": [{"name": "trial", "image": "none"}]}}}
    },
}


def piece() -> Piece:
    """The controller and its manifests."""
    source = MODULES / "lws"
    return Piece("lws", f"{sources(source)} {LINK} {REVISION}", (PROGRAM, MANIFESTS), _make)


def _make(workshop: Workshop) -> None:
    build_module(workshop, MODULES / "lws", [f"{LWS}/cmd"], [PROGRAM])
    (workshop.out / MANIFESTS).write_bytes(addon.manifests(workshop, LWS))


def up(paths: Paths, console: Console) -> None:
    """Safe to repeat."""
    state = running(paths)
    bins = build([piece()], paths.bin, console)
    save(addon.image(IMAGE, TAG, bins[PROGRAM]))
    publish(saved_images(), paths.registry)
    addon.apply(bins[MANIFESTS])
    kubectl("--namespace=lws-system", "rollout", "status", "deployment/lws-controller-manager", "--timeout=120s")
    api = Api(state.ports["api"], paths.pki)
    wait("the LeaderWorkerSet webhook", lambda: served(api), 60)


def served(api: Api) -> bool:
    """Whether groups can be made: the controller may be ready before its webhook is reached with its certificate."""
    return bool(api.request("POST", TRIAL_PATH, TRIAL)[0] == 201)


def down(paths: Paths, console: Console) -> None:
    """Remove the controller; its image stays in the cache."""
    bins = build([piece()], paths.bin, console)
    addon.delete(bins[MANIFESTS])


if __name__ == "__main__":
    sys.exit(addon.main(sys.argv[1:], "groups", up, down))
