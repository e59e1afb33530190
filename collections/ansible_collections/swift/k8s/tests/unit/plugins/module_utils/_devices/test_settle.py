# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Devices that nobody is seen to offer: gone with the kubelet's next report, or there to stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._devices.settle import REPORT_SECONDS, Settled, settle
from ansible_collections.swift.k8s.plugins.module_utils._devices.wait import NotReadyError

from .fakes import FakeCluster

DOUBT = [{"node": "gpu-1", "resource": "nvidia.com/"}]
GONE, UNEXPLAINED = Settled(gone=("gpu-1",)), Settled(unexplained=("gpu-1",))
SOCKET = "/var/lib/kubelet/device-plugins"


def node(count: int, ready: str = "True") -> dict[str, Any]:
    status = {"allocatable": {"nvidia.com/gpu": str(count)}, "conditions": [{"type": "Ready", "status": ready}]}
    return {"metadata": {"name": "gpu-1"}, "status": status}


def pod(owner: str, path: str = SOCKET, ending: bool = False) -> dict[str, Any]:
    metadata = {"name": "plugin", "namespace": "theirs", "ownerReferences": [{"kind": owner}]}
    if ending:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {"metadata": metadata, "spec": {"nodeName": "gpu-1", "volumes": [{"hostPath": {"path": path}}]}}


class Time:
    """A clock that moves when somebody sleeps, and what happens at certain seconds."""

    def __init__(self, events: Optional[dict[int, Callable[[], None]]] = None) -> None:
        self.now, self.events = 0.0, dict(events or {})

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for second in [second for second in self.events if second <= self.now]:
            self.events.pop(second)()


@pytest.mark.parametrize(
    ("live", "pods", "found", "seconds"),
    [
        (None, [], GONE, 0),
        (node(0), [], GONE, 0),
        (node(8), [], UNEXPLAINED, REPORT_SECONDS),
        (node(8), [pod("DaemonSet")], Settled(), REPORT_SECONDS),
        (node(8), [pod("Node", path="/var/log")], UNEXPLAINED, REPORT_SECONDS),
        (node(8), [pod("Node")], Settled(), 0),
        (node(8, ready="Unknown"), [pod("DaemonSet", ending=True)], Settled(), 0),
    ],
    ids=["no such node", "offers none", "goes on", "another's", "no plugin", "a static pod", "not ready"],
)
def test_what_does_not_change(live: Any, pods: list[Any], found: Settled, seconds: float) -> None:
    time = Time()
    cluster = FakeCluster(Node=[live] if live else [], Pod=pods)
    assert settle(cluster, DOUBT, 60, time.clock, time.sleep) == found
    assert time.now == seconds


def test_the_report_comes() -> None:
    cluster = FakeCluster(Node=[node(8)], Pod=[])
    time = Time({9: lambda: cluster.kinds.update(Node=[node(0)])})
    assert settle(cluster, DOUBT, 60, time.clock, time.sleep) == GONE
    assert time.now == 9


def test_pods_that_end_are_waited_for_before_and_after_the_report() -> None:
    cluster = FakeCluster(Node=[node(8)], Pod=[pod("DaemonSet", ending=True)])
    time = Time(
        {25: lambda: cluster.kinds.update(Node=[node(0)]), 30: lambda: cluster.kinds.update(Pod=[])},
    )
    assert settle(cluster, DOUBT, 60, time.clock, time.sleep) == GONE
    assert time.now == 30


def test_a_pod_that_does_not_end_is_named() -> None:
    time = Time()
    cluster = FakeCluster(Node=[node(8)], Pod=[pod("DaemonSet", ending=True)])
    with pytest.raises(NotReadyError, match=r"After 5 s pod theirs/plugin of a removed device plugin .* on gpu-1\. "):
        settle(cluster, DOUBT, 5, time.clock, time.sleep)


def test_nothing_to_doubt() -> None:
    assert settle(FakeCluster(), [], 60) == Settled()
