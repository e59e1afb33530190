# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A real pod behind a real Service, asked through a forwarded port."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.swift.k8s.plugins.module_utils._probe import checks, probe

from tests.lab.target import lab_facts

pytestmark = pytest.mark.lab
STUB = (
    Path(__file__).resolve().parents[2]
    / "collections/ansible_collections/swift/k8s/tests/unit/plugins/module_utils/_probe/stub.py"
)
IMAGE = "lab.registry/python:3.11"


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return connect({"kubeconfig": lab_facts()["kubeconfig"]})


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace with the stub server in a pod."""
    name = f"probe-{uuid.uuid4().hex[:6]}"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    metadata = {"name": "stub", "namespace": name, "labels": {"app": "stub"}}
    container = {
        "name": "server",
        "image": IMAGE,
        "command": ["python3", "-c", STUB.read_text(encoding="utf-8"), "8000"],
        "ports": [{"name": "http", "containerPort": 8000}],
        "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 1},
    }
    pod = {"containers": [container], "terminationGracePeriodSeconds": 0}
    cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod})
    ports = [{"port": 80, "targetPort": "http"}]
    service = {"selector": {"app": "stub"}, "ports": ports}
    cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service})
    yield name
    cluster.delete("v1", "Namespace", name)


def service(namespace: str, **given: Any) -> dict[str, Any]:
    return {
        "name": "stub",
        "url": None,
        "namespace": namespace,
        "service": "stub",
        "label_selector": None,
        "port": None,
        "model": "Tiny",
        "api_key_secret": None,
        "server_key": None,
        "checks": list(checks.CHECKS),
        "question": "Who?",
        "max_tokens": 8,
        "timeout_seconds": 10,
        "retries": 60,
        "delay": 1,
        **given,
    }


def test_every_check_through_a_forwarded_port(cluster: Cluster, namespace: str) -> None:
    report = probe.run([service(namespace)], lambda: cluster)[0]
    assert report["ok"], report["message"]


def test_a_port_nobody_listens_on(cluster: Cluster, namespace: str) -> None:
    cluster.patch("v1", "Service", "stub", {"spec": {"ports": [{"port": 80, "targetPort": 9}]}}, namespace)
    report = probe.run([service(namespace, retries=0)], lambda: cluster)[0]
    assert not report["ok"]
    assert report["message"].startswith("stub: health: GET /health: ")
