# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A Deployment that is made again: whose pods may stay, what is said, and what is removed when."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Forbidden
from ansible_collections.swift.k8s.plugins.module_utils._release import succession
from ansible_collections.swift.k8s.plugins.module_utils._release.objects import Key
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster

APP, FRONT = Key("apps/v1", "Deployment", "team", "app"), Key("v1", "Service", "team", "app")


def deployment(tier: str, devices: int = 0, replicas: int = 1) -> dict[str, Any]:
    limits = {"nvidia.com/gpu": devices} if devices else {}
    pod = {"containers": [{"name": "main", "resources": {"limits": limits}}]}
    template = {"metadata": {"labels": {"app": "app", "tier": tier}}, "spec": pod}
    metadata = {"name": "app", "namespace": "team", "uid": "u1"}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": replicas, "template": template}}


def replica_set(name: str, owner: str = "", **labels: str) -> dict[str, Any]:
    owners = {"ownerReferences": [{"uid": owner}]} if owner else {}
    return {"kind": "ReplicaSet", "metadata": {"name": name, "namespace": "team", "labels": labels, **owners}}


@pytest.fixture
def devices(cluster: FakeCluster) -> FakeCluster:
    status = {"allocatable": {"nvidia.com/gpu": "2"}}
    cluster.put({"kind": "Node", "metadata": {"name": "n"}, "spec": {}, "status": status})
    return cluster


@pytest.mark.parametrize(
    ("selector", "new", "stays"),
    [
        ({"app": "app"}, deployment("back"), True),
        ({"app": "app", "tier": "back"}, deployment("back"), False),
        ({}, deployment("back"), False),
        ({"app": "app"}, deployment("back", devices=1, replicas=2), True),
        ({"app": "app"}, deployment("back", devices=1, replicas=3), False),
    ],
)
def test_who_stays(devices: FakeCluster, selector: dict[str, str], new: dict[str, Any], stays: bool) -> None:
    objects = {APP: new, FRONT: {"spec": {"selector": selector}}}
    cluster: Any = devices
    kept = succession.staying(cluster, [APP], objects, {APP: deployment("front")})
    assert kept == ({APP} if stays else set())
    (sentence,) = succession.told([APP, Key("batch/v1", "Job", "team", "j")], kept)
    assert ("serve until the new ones do" if stays else "down until the new ones are ready") in sentence


def test_what_stays_is_found_again_and_goes(cluster: FakeCluster) -> None:
    for item in (deployment("front"), replica_set("app-1", "u1"), replica_set("other", "u2")):
        cluster.put(item)
    api: Any = cluster
    succession.remove(api, [APP], [APP], "rel")
    assert cluster.at("ReplicaSet", "app-1")["metadata"]["labels"] == {succession.LABEL: "rel"}
    assert cluster.at("ReplicaSet", "other")["metadata"]["labels"] == {}
    succession.end(api, "team", "rel")
    assert cluster.at("ReplicaSet", "app-1")  # its Deployment has it back
    del cluster.at("ReplicaSet", "app-1")["metadata"]["ownerReferences"]
    succession.end(api, "team", "other")
    assert cluster.at("ReplicaSet", "app-1")
    succession.end(api, "team", "rel")
    assert ("ReplicaSet", "team", "app-1") not in cluster.objects
    assert cluster.at("ReplicaSet", "other")


def test_who_may_not_list_them_has_marked_none(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_where: Any, **_which: Any) -> None:
        raise Forbidden("may not list replicasets")

    monkeypatch.setattr(cluster, "list", refuse)
    api: Any = cluster
    succession.end(api, "team", "rel")
    assert cluster.writes == 0
