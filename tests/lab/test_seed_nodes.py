"""Caches on nodes of a real cluster: the hub sends each byte once, and every node has them all."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import kubernetes
import pytest

from tests.lab.cluster_of_tests import Place, Run, place
from tests.lab.target import CHECKOUT

__all__ = ["place"]

pytestmark = pytest.mark.lab

SIZE = 6_000_000
NODES = ["lab-0", "lab-1"]
DEVICE = "nvidia.com/gpu"


def on(node: str, *words: str) -> str:
    """A command on a node of the lab."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "roles/lab")}
    command = [sys.executable, "-m", "lab", "exec", node, *words]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def directory(place: Place) -> Iterator[str]:
    """A directory that each node has of its own."""
    path = f"/var/lib/{place.namespace}"
    for node in NODES:
        on(node, "mkdir", "-m", "0777", path)
    yield path
    for node in NODES:
        on(node, "rm", "-rf", path)


@pytest.fixture
def content(place: Place) -> Iterator[bytes]:
    folder = Path(place.facts["root"]) / "hub" / place.namespace / "tiny"
    folder.mkdir(parents=True)
    data = os.urandom(SIZE)
    (folder / "model.safetensors").write_bytes(data)
    yield data
    shutil.rmtree(folder.parent)


def test_every_node_has_it_and_the_hub_sent_it_once(place: Place, directory: str, content: bytes) -> None:
    local = {"path": directory, "nodes": NODES, "shared_path": True}
    wish = {
        "storage_claims": [{"name": "models", "size": "1Gi", "local": local}],
        "model_cache_volume": "models",
        "model_cache_nodes": NODES,
        "model_cache_models": [{"id": f"{place.namespace}/tiny", "endpoint": "http://hub.lab:8099"}],
    }
    run = place.seed(**wish)
    assert run.code == 0, run.text
    wanted = hashlib.sha256(content).hexdigest()
    for node in NODES:
        path = f"{directory}/models/{place.namespace}/tiny/model.safetensors"
        assert on(node, "sha256sum", path).split()[0] == wanted
    assert place.sent(f"{place.namespace}/tiny") == SIZE
    place.wait(lambda: place.cluster.get("v1", "Pod", "swift-k8s-serve-models", place.namespace) is None, 15)

    runs = []
    assert place.writes(lambda: runs.append(place.seed(**wish))) == []
    assert (runs[0].code, runs[0].changed) == (0, 0), runs[0].text


def verified(place: Place) -> list[str]:
    """The nodes whose cache a CronJob verifies."""
    found = place.cluster.list("batch/v1", "CronJob", place.namespace)
    pods = [each["spec"]["jobTemplate"]["spec"]["template"]["spec"] for each in found]
    return sorted(pod["nodeSelector"]["kubernetes.io/hostname"] for pod in pods)


def scheduled_files(place: Place, node: str) -> bool:
    """Whether what a node's CronJob mounts is there."""
    return place.cluster.get("v1", "ConfigMap", f"swift-k8s-verify-models-{node}", place.namespace) is not None


@pytest.fixture
def offered(place: Place) -> Iterator[None]:
    """The second node says that it has a device, which no container gets: only what the API shows counts here."""
    api = kubernetes.client.CoreV1Api(kubernetes.config.new_client_from_config(place.facts["kubeconfig"]))

    def say(amount: str | None) -> None:
        api.patch_node_status(NODES[1], {"status": {"capacity": {DEVICE: amount}, "allocatable": {DEVICE: amount}}})

    say("1")
    yield
    say(None)


@pytest.mark.usefixtures("offered")
def test_nodes_by_vendor_and_label_and_one_that_is_new_takes_from_the_other(
    place: Place, directory: str, content: bytes
) -> None:
    def files() -> list[str]:
        found = [on(node, "find", directory, "-name", "model.safetensors", "-size", f"{SIZE}c") for node in NODES]
        return [node for node, paths in zip(NODES, found) if "/snapshots/" in paths]

    wish = {
        "storage_claims": [{"name": "models", "size": "1Gi", "local": {"path": directory, "shared_path": True}}],
        "model_cache_volume": "models",
        "model_cache_models": [{"id": f"{place.namespace}/tiny", "endpoint": "http://hub.lab:8099"}],
    }
    assert len(content) == SIZE
    run = place.seed(**wish, model_cache_nodes_accelerators=["nvidia"])
    assert (run.code, files()) == (0, [NODES[1]]), run.text

    wish["model_cache_verify_schedule"] = "0 3 * * 6"
    run = place.seed(**wish, model_cache_nodes_selector=f"kubernetes.io/hostname in ({', '.join(NODES)})")
    assert (run.code, files()) == (0, NODES), run.text
    assert place.sent(f"{place.namespace}/tiny") == SIZE

    nobody = place.seed(**wish, model_cache_nodes_selector="pool=none")
    assert (nobody.code, "selects no node. Correct it" in " ".join(nobody.text.split())) == (2, True), nobody.text
    assert verified(place) == NODES, "a selection of nothing removes nothing"

    fewer = {**wish, "model_cache_nodes_selector": f"kubernetes.io/hostname={NODES[0]}"}
    checks: list[Run] = []
    assert place.writes(lambda: checks.append(place.seed("--check", **fewer))) == []
    assert checks[0].changed == 1, checks[0].text
    run = place.seed(**fewer)
    assert (run.code, run.changed, verified(place), files()) == (0, 1, NODES[:1], NODES), run.text
    place.wait(lambda: not scheduled_files(place, NODES[1]), 30)
    assert place.seed(**fewer).changed == 0
