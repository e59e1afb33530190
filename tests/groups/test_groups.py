"""Two pods share a copy of a model: the real LeaderWorkerSet controller keeps them, a stand-in for vLLM runs in them.

`make test-groups` (the controller is compiled the first time: about three minutes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.chart import MODEL, Place, place, until

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]
STANDIN = Path(__file__).parent / "standin.py"
LWS = "big-ms-swift-group"
RESOURCE = "nvidia.com/gpu"
MODULE = "vllm/entrypoints/cli/main.py"
GROUP: dict[str, Any] = {
    "accelerator": {"vendor": "nvidia", "count": 1},
    "deviceCheck": {"enabled": False},
    "engine": {"nodes": 2},
    "metrics": {"source": "vllm"},
    "drainSeconds": 1,
    "terminationGracePeriodSeconds": 5,
    "env": {"PYTHONPATH": "/opt/standin"},
    "extraVolumes": [{"name": "standin", "configMap": {"name": "standin", "items": [{"key": "main", "path": MODULE}]}}],
    "extraVolumeMounts": [{"name": "standin", "mountPath": "/opt/standin"}],
}


def offer(site: Place, devices: int) -> None:
    """Simulated devices: an extended resource that the node's status claims, behind which is nothing."""
    change = [{"op": "add", "path": f"/status/capacity/{RESOURCE.replace('/', '~1')}", "value": str(devices)}]
    for node in ("lab-0", "lab-1"):
        site.kubectl("patch", "node", node, "--subresource=status", "--type=json", f"--patch={json.dumps(change)}")


@pytest.fixture(scope="module")
def site() -> Iterator[Place]:
    with place("groups", "pod-security.kubernetes.io/enforce=restricted") as made:
        made.given("configmap", "standin", f"--from-file=main={STANDIN}")
        offer(made, 1)
        yield made
        made.helm("uninstall", "big", "--wait")
        offer(made, 0)


def pods(site: Place) -> dict[str, str]:
    """Name and uid of the group's pods that are ready."""
    found = json.loads(site.kubectl("get", "pods", "--selector=app.kubernetes.io/instance=big", "--output=json"))
    return {
        pod["metadata"]["name"]: pod["metadata"]["uid"]
        for pod in found["items"]
        if any(item["type"] == "Ready" and item["status"] == "True" for item in pod["status"].get("conditions", []))
    }


def test_a_group_serves_and_starts_again_as_one(site: Place) -> None:
    site.install("big", GROUP)
    until(lambda: len(pods(site)) == 2, 90, "a leader and a worker that are ready")
    first = pods(site)
    assert set(first) == {f"{LWS}-0", f"{LWS}-0-1"}
    ask = "import urllib.request as u; print(u.urlopen('http://big-ms-swift:8080/health').read().decode())"
    answer = site.kubectl("exec", f"{LWS}-0-1", "--container=engine", "--", "python", "-c", ask)
    assert json.loads(answer) == {"workers": [f"rank 1 of {LWS}-0-1"]}
    command = site.kubectl("get", "leaderworkerset", LWS, "--output=jsonpath={.metadata.annotations}")
    assert f"--served-model-name {MODEL}" in command
    site.kubectl("delete", "pod", f"{LWS}-0-1", "--wait=false")
    until(lambda: len(pods(site)) == 2 and not set(pods(site).values()) & set(first.values()), 90, "a new group")
