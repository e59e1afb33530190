"""Simulated nodes: objects that kwok keeps Ready. They are tainted, so that nothing lands on them unasked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import control
from .api import Api, wait
from .errors import LabError
from .paths import Paths

LABEL = "lab.swift.k8s/simulated"
ANIMAL = "lab.swift.k8s/animal"
TAINT = {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}
WORKERS = 8
RESTART_SECONDS = 30
Object = dict[str, Any]
Request = tuple[str, str, Any]


def simulated(animal: Object, name: str) -> Object:
    """A node of the zoo under a name of its own, as kwok plays it; one that is not ready is played by nobody."""
    metadata, spec, status = animal["metadata"], animal["spec"], animal["status"]
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status["conditions"])
    own = {"kubernetes.io/hostname": name, LABEL: "true", ANIMAL: metadata["name"]}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {**metadata["annotations"], **({"kwok.x-k8s.io/node": "fake"} if ready else {})},
            "labels": {**metadata["labels"], **own},
        },
        "spec": {**spec, "taints": [TAINT]},
        "status": {
            **status,
            # kwok takes a node for one of its own where nobody has said yet that it is ready.
            "conditions": [] if ready else status["conditions"],
            # The address of a node that does not exist would only make the API server wait for it.
            "addresses": [{"type": "Hostname", "address": name}],
            "nodeInfo": {
                **dict.fromkeys(("bootID", "kubeProxyVersion", "machineID", "systemUUID"), ""),
                **status["nodeInfo"],
                "operatingSystem": "linux",
                "osImage": "simulated",
            },
        },
    }


def replace(port: int, pki: Path, wanted: Sequence[Object], prefix: str) -> tuple[int, int]:
    """Make the simulated nodes whose names start with the prefix exactly these; answers (created, deleted)."""
    api = Api(port, pki)
    listed = api.get(f"/api/v1/nodes?labelSelector={LABEL}")["items"]
    api.close()
    present = {item["metadata"]["name"] for item in listed}
    names = {item["metadata"]["name"] for item in wanted}
    surplus = sorted(name for name in present - names if name.startswith(prefix))
    missing = [item for item in wanted if item["metadata"]["name"] not in present]
    send(port, pki, [("POST", "/api/v1/nodes", item) for item in missing])
    send(port, pki, [("DELETE", f"/api/v1/nodes/{name}", None) for name in surplus])
    return len(missing), len(surplus)


def forget(paths: Paths) -> None:
    """Start kwok anew: 0.8.0 does not renew the leases of nodes that come back under a name it has played before."""

    def row() -> dict[str, Any]:
        found: dict[str, Any] = control.call(paths.control, "status")["services"]["kwok"]
        return found

    before = row()["starts"]
    control.call(paths.control, "restart", name="kwok")
    wait("kwok to start again", lambda: row()["starts"] > before and row()["pid"] is not None, RESTART_SECONDS)


def send(port: int, pki: Path, requests: Iterable[Request], workers: int = WORKERS) -> None:
    """Send the requests over a few connections side by side; what exists, or is gone already, is fine."""
    listed = list(requests)

    def share(number: int) -> None:
        api = Api(port, pki)
        for method, path, body in listed[number::workers]:
            status, answer = api.request(method, path, body)
            if status not in {200, 201, 202, 404, 409}:
                raise LabError(f"{method} {path} answered {status}: {answer}", "check the lab: python -m lab status")
        api.close()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(share, range(workers)))
