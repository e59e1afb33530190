# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A release of the small test chart on a real cluster, and the hands that edit it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.condition import is_ready
from ansible_collections.swift.k8s.plugins.module_utils._release import info, store, task

from tests.lab.target import kubeconfig

CHART = (
    Path(__file__).resolve().parents[2]
    / "collections/ansible_collections/swift/k8s/tests/unit/plugins/module_utils/_release/chart"
)
API = {"Deployment": "apps/v1", "Service": "v1", "ConfigMap": "v1", "Secret": "v1"}


NODE = "release-tests"
#: Both major versions of Helm that are supported; bootstrap puts them beside the interpreter.
HELMS = ("helm", "helm4")


class Lab:
    """One namespace of the cluster, one release in it."""

    def __init__(self, kubeconfig: str, namespace: str, helm: str = HELMS[0]) -> None:
        self.helm_path = str(Path(sys.executable).parent / helm)
        self.params = {"kubeconfig": kubeconfig}
        self.namespace = namespace
        self.cluster: Cluster = connect(self.params)
        self.lines: list[str] = []
        self.options: dict[str, Any] = {}

    def run(self, check: bool = False, **options: Any) -> dict[str, Any]:
        """One task for the release of the small chart. Without options the same as the last one."""
        self.options = options or self.options
        values = {"node": NODE, **self.options.get("values", {})}
        return self.task(check, **{"name": "app", "chart": str(CHART), **self.options, "values": values})

    def task(self, check: bool = False, **options: Any) -> dict[str, Any]:
        """One task of the module release."""
        common = {
            "namespace": self.namespace,
            "create_namespace": True,
            "wait_timeout": 60,
            "binary_path": self.helm_path,
        }
        return task.run(connect(self.params), {**self.params, **common, **options}, self.lines.append, check)

    def drift(self) -> list[dict[str, Any]]:
        return list(info.releases(self.cluster, self.namespace, ["app"], True, False)[0]["drift"])

    def release(self) -> store.Stored:
        return store.newest(self.cluster, [(self.namespace, "app")])[(self.namespace, "app")][0]

    def helm(self, *words: str) -> None:
        """Plain helm, as someone beside us would use it."""
        subprocess.run(self.command(*words), check=True, capture_output=True)

    def command(self, *words: str) -> list[str]:
        return [self.helm_path, *words, f"--namespace={self.namespace}", f"--kubeconfig={self.params['kubeconfig']}"]

    def patch(self, kind: str, body: Mapping[str, Any], manager: str) -> None:
        self.cluster.patch(API[kind], kind, "app", body, self.namespace, "strategic", manager)

    def scale(self, replicas: int, manager: str) -> None:
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/app/scale"
        scale = {
            "apiVersion": "autoscaling/v1",
            "kind": "Scale",
            "metadata": {"name": "app", "namespace": self.namespace},
            "spec": {"replicas": replicas},
        }
        self.cluster.raw("PUT", path, {"fieldManager": manager}, scale)

    def apply(self, kind: str, body: Mapping[str, Any], manager: str) -> None:
        identity = {"apiVersion": API[kind], "kind": kind, "metadata": {"name": "app", "namespace": self.namespace}}
        self.cluster.apply({**identity, **body}, manager)

    def delete(self, kind: str) -> None:
        self.cluster.delete(API[kind], kind, "app", self.namespace)

    def get(self, kind: str, api_version: str = "", name: str = "app") -> dict[str, Any]:
        found = self.cluster.get(api_version or API[kind], kind, name, self.namespace)
        assert found is not None, f"{kind} {name} is not there"
        return found

    def node(self, devices: int) -> None:
        """A node that kwok plays, for pods that need no container."""
        labels = {"kubernetes.io/hostname": NODE, "type": "kwok"}
        metadata = {"name": NODE, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}}
        taint = {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}
        self.cluster.delete("v1", "Node", NODE)
        amounts = {"cpu": "64", "memory": "256Gi", "pods": "100", "nvidia.com/gpu": str(devices)}
        spec, status = {"taints": [taint]}, {"allocatable": amounts, "capacity": amounts}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status}
        self.cluster.create(node)

    def played(self, seconds: float = 20) -> bool:
        """Whether somebody plays that node: kwok reports its condition within a second."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if is_ready(self.get("Node", "v1", NODE)):
                return True
            time.sleep(0.2)
        return False

    def remove(self) -> None:
        self.cluster.delete("v1", "Namespace", self.namespace)
        self.cluster.delete("v1", "Node", NODE)


@contextlib.contextmanager
def helm_process(lab: Lab, *settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A plain helm in the middle of an upgrade that waits for ever."""
    generation = lab.get("Deployment")["metadata"]["generation"]
    words = lab.command("upgrade", "app", str(CHART), "--reuse-values", *settings, "--wait", "--timeout=600s")
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _attempt in range(100):
            if lab.get("Deployment")["metadata"]["generation"] > generation:
                break  # the record is pending and the objects are sent
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


def named(what: str) -> str:
    """A name that no other run has."""
    return f"{what}-{uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="module", params=HELMS)
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A namespace and a simulated node for the tests of one file, with each Helm; both go afterwards."""
    made = Lab(kubeconfig(), named("release"), request.param)
    made.node(devices=4)
    try:
        if not made.played():
            pytest.skip("needs kwok, which plays simulated nodes: this cluster has none")
        yield made
    finally:
        made.remove()


@pytest.fixture
def installed(lab: Lab) -> Lab:
    """The release as its chart says, drift of an earlier test undone."""
    lab.run(values={"replicas": 1})
    return lab
