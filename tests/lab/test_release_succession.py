# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A Deployment with another selector: one pod is ready at every moment, whether the new one comes up or not."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RolloutError
from lab.api import wait

from tests.lab.trouble import PYTHON, Object, Raw, deployment, raw

__all__ = ["raw"]
pytestmark = pytest.mark.lab
SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "served"},
    "spec": {"selector": {"app": "served"}, "ports": [{"port": 80}]},
}


def tier(name: str, image: str = PYTHON) -> Object:
    item = deployment("served", "sleep", "600", image=image)
    item["spec"]["selector"]["matchLabels"] = {"app": "served", "tier": name}
    item["spec"]["template"]["metadata"]["labels"] = {"app": "served", "tier": name}
    return item


def pods(raw: Raw) -> dict[str, bool]:
    """Name -> ready, of pods that are not ending."""
    found = raw.cluster.list("v1", "Pod", raw.namespace, label_selector="app=served")
    return {one["metadata"]["name"]: _ready(one) for one in found if "deletionTimestamp" not in one["metadata"]}


def _ready(pod: dict[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


@contextlib.contextmanager
def watched(raw: Raw) -> Iterator[list[int]]:
    """How many pods were ready, at every look while the context lasted."""
    counts: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            counts.append(sum(pods(raw).values()))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join()


def test_one_pod_is_always_ready(raw: Raw) -> None:
    raw.send(tier("front"), SERVICE)
    (old,) = pods(raw)
    with watched(raw) as counts, pytest.raises(RolloutError, match=r"was rolled back to revision 1;"):
        raw.send(tier("broken", "lab.registry/none:1"), SERVICE, recreate=["Deployment"])
    assert (min(counts), list(pods(raw))) == (1, [old])
    assert not raw.send(tier("front"), SERVICE)["changed"]
    with watched(raw) as counts:
        done = raw.send(tier("back"), SERVICE, recreate=["Deployment"])
    assert "Deployment served is made again: its pods serve until the new ones do" in done["releases"][0]["notes"]
    assert min(counts) == 1
    # The cluster's garbage collector ends the old one in its own time.
    wait("the old pod to end", lambda: old not in pods(raw), 30)
    assert len(pods(raw)) == 1
    assert not raw.send(tier("back"), SERVICE)["changed"]
