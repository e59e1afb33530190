"""What pods take."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.devices import devices
from ansible_collections.swift.k8s.plugins.module_utils._accelerator.usage import requests, usage, with_free
from ansible_collections.swift.k8s.tests.unit.plugins import zoo
from ansible_collections.swift.k8s.tests.unit.plugins.zoo import GPU, pod


def init(count: int, sidecar: bool = False) -> dict[str, Any]:
    """An init container that asks for GPUs."""
    return {
        "name": f"init-{count}",
        "resources": {"limits": {GPU: str(count)}},
        **({"restartPolicy": "Always"} if sidecar else {}),
    }


@pytest.mark.parametrize(
    ("item", "taken"),
    [
        (pod("two", "n", {GPU: 2}), 2),
        (pod("none", "n"), 0),
        (pod("init takes less", "n", {GPU: 2}, initContainers=[init(1)]), 2),
        (pod("init takes more", "n", {GPU: 2}, initContainers=[init(4)]), 4),
        (pod("inits run in turn", "n", {GPU: 2}, initContainers=[init(3), init(3)]), 3),
        (pod("a sidecar stays", "n", {GPU: 2}, initContainers=[init(1, sidecar=True)]), 3),
        (pod("init beside a sidecar", "n", {GPU: 1}, initContainers=[init(1, sidecar=True), init(3)]), 4),
        (pod("init before a sidecar", "n", {GPU: 1}, initContainers=[init(3), init(1, sidecar=True)]), 3),
        (pod("overhead", "n", {GPU: 1}, overhead={GPU: "1", "cpu": "1"}), 2),
    ],
    ids=lambda value: value["metadata"]["name"] if isinstance(value, dict) else None,
)
def test_a_pod_takes(item: dict[str, Any], taken: int) -> None:
    assert requests(item)[GPU] == taken
    assert set(requests(item)) <= {GPU}


def test_only_pods_on_a_node_that_did_not_end_hold_devices() -> None:
    terminating = pod("terminating", "n", {GPU: 1})
    terminating["metadata"]["deletionTimestamp"] = "2026-11-24T00:00:00Z"
    pods = [
        pod("running", "n", {GPU: 2}),
        pod("starting", "n", {GPU: 1}, phase="Pending"),
        pod("waiting", None, {GPU: 8}, phase="Pending"),
        pod("done", "n", {GPU: 4}, phase="Succeeded"),
        pod("failed", "n", {GPU: 4}, phase="Failed"),
        terminating,
    ]
    assert usage(pods) == {"n": {GPU: 4}}


def test_free_is_what_is_left_and_never_negative() -> None:
    found = devices(zoo.by_name("a10"))
    assert found[0]["free"] is None
    assert [with_free(found, {GPU: taken}, {})[0]["free"] for taken in (0, 1, 2, 5)] == [2, 1, 0, 0]
    assert [with_free(found, {GPU: 2}, ending)[0]["ending"] for ending in ({GPU: 1}, {})] == [1, 0]
