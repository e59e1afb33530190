"""Preflight over the zoo on a real API server: every animal is told apart, as are operators, webhooks and Volcano."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.swift.k8s.plugins.module_utils._constraints import task
from ansible_collections.swift.k8s.plugins.module_utils._facts.gather import gather
from lab import keepers
from lab.simulated import TAINT

from tests.lab.target import CHECKOUT, lab_facts

pytestmark = pytest.mark.lab

RULES = sorted((CHECKOUT / "collections/ansible_collections/swift/k8s/roles/preflight/files/rules").glob("*.yml"))
CUDA13 = {
    "name": "qwen",
    "values": {
        "accelerator": {"vendor": "nvidia", "count": 2},
        "image": {"repository": "lab.registry/ms-swift", "tag": "cuda13.0.3-swift4.4.3"},
        # Simulated nodes are tainted.
        "tolerations": [{"key": TAINT["key"], "operator": "Exists"}],
    },
}
#: rule -> animals (or other subjects) that it must name, and no others
EXPECTED = {
    "two-device-plugins": {"hami zoo/hami-device-plugin"},
    "device-plugin-unknown": {"unknown zoo/accelerators"},
    "device-plugin-not-ready": {"nvdp zoo/nvdp-nvidia-device-plugin"},
    "devices-missing": {"lost"},
    "node-not-ready": {"not-ready"},
    "node-cordoned": {"cordoned"},
    "devices-without-details": {"no-gfd", "cce", "npu-dark"},
    "driver-too-old": {"t4", "v100"},
    "compute-too-low": {"v100", "hami-v100", "ack-v100"},
}
UNKNOWN_VENDOR = "no table of this collection describes amd.com/gpu of 1 node (zoo-amd-000)"


def lab(*words: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "roles/lab")}
    subprocess.run([sys.executable, "-m", "lab", *words], check=True, env=environment)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """The lab with one animal of each kind."""
    facts = lab_facts()
    lab("nodes", "--zoo")
    yield connect({"kubeconfig": facts["kubeconfig"]})
    lab("nodes", "--no-zoo")


def preflight(cluster: Cluster, hubs: dict[str, str] | None = None, **wishes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "rules": [],
        "rule_files": [str(path) for path in RULES],
        "wishes": wishes,
        "name": "zoo",
        "extra_rules": [],
        "silence": [],
        **dict.fromkeys(("check_images", "probe"), False),
        "check_models": True,
        "hubs": hubs or {},
        "registries": {},
        "probe_options": {},
        **dict.fromkeys(("registry_auth", "registry_ca", "junit", "json", "roles")),
    }
    return task.run(cluster, gather(cluster), {}, given)


def told(result: dict[str, Any], rule: str) -> dict[str, str]:
    """Animal (or other subject) -> message."""
    return {
        item["subject"].removeprefix("zoo-").removesuffix("-000"): item["message"]
        for item in result["findings"]
        if item["id"] == rule
    }


def test_every_animal_is_told_apart(cluster: Cluster) -> None:
    before = sum(cluster.requests.values())
    result = preflight(cluster, releases=[CUDA13])
    assert {rule: set(told(result, rule)) for rule in EXPECTED} == EXPECTED
    assert (
        "nvdp (zoo/nvdp-nvidia-device-plugin) on zoo-both-plugins-000"
        in told(result, "two-device-plugins").popitem()[1]
    )
    assert any(UNKNOWN_VENDOR in item["message"] for item in result["findings"] if item["id"] == "facts-incomplete")
    owners = {owner["kind"] for owner in gather(cluster)["owners"]}
    assert {"nvdp", "hami", "gpu-operator", "mindcluster", "cce", "unknown"} <= owners
    # A tired operator reads all of it on two screens, and the same number of lines for a thousand nodes.
    assert len(result["table"].splitlines()) < 100
    assert sum(cluster.requests.values()) - before < 60


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"accelerator": {"vendor": "nvidia"}}, "Add tolerations for kwok.x-k8s.io/node=fake:NoSchedule"),
        ({**CUDA13["values"], "replicaCount": 999}, "Set replicaCount to "),
        (
            {**CUDA13["values"], "accelerator": {"vendor": "ascend", "count": 99}},
            "set accelerator.resource to huawei.com/",
        ),
    ],
)
def test_why_a_release_does_not_fit_the_zoo(cluster: Cluster, values: dict[str, Any], words: str) -> None:
    result = preflight(cluster, releases=[{"name": "qwen", "values": values}])
    (found,) = [item for item in result["findings"] if item["id"] == "devices-do-not-fit"]
    assert words in found["next_step"], found


@contextmanager
def there(cluster: Cluster, *documents: dict[str, Any]) -> Iterator[None]:
    """Objects of the test, removed again."""
    made = []
    try:
        for document in documents:
            cluster.create(document)
            made.append(document)
        yield
    finally:
        for document in reversed(made):
            where = document["metadata"]
            cluster.delete(document["apiVersion"], document["kind"], where["name"], where.get("namespace"))


def test_a_webhook_whose_pods_are_gone(cluster: Cluster) -> None:
    hook = {
        "name": "vgpu.hami.io",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        # Nobody's pods wait for it while the test runs.
        "failurePolicy": "Ignore",
        "namespaceSelector": {"matchLabels": {"lab.swift.k8s/nobody": "true"}},
        "clientConfig": {"service": {"name": "hami-scheduler", "namespace": "hami"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
    }
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "hami-webhook"},
        "webhooks": [hook],
    }
    assert told(preflight(cluster), "webhook-without-endpoints") == {}
    with there(cluster, configuration):
        found = told(preflight(cluster), "webhook-without-endpoints")
    assert "nobody answers at hami/hami-scheduler" in found["webhook vgpu.hami.io"]


def test_a_gpu_operator_that_is_not_ready(cluster: Cluster) -> None:
    assert told(preflight(cluster), "gpu-operator-not-ready") == {}
    condition = {"type": "Error", "status": "True", "message": "driver is not ready"}
    for status in ({"state": "notReady", "conditions": [condition]}, {"state": "ready", "conditions": []}):
        cluster.patch("nvidia.com/v1", "ClusterPolicy", keepers.POLICY, {"status": status})
        found = told(preflight(cluster), "gpu-operator-not-ready")
        assert ("driver is not ready" in str(found)) is (status["state"] == "notReady"), found


def test_volcano_that_is_wished(cluster: Cluster) -> None:
    plugin = {"nodes": [{"selector": "lab.swift.k8s/devices=ascend", "chip": "910B3"}], "volcano": True}
    wishes = {"device_plugin": {"nvidia": {"owner": "none"}, "ascend": plugin}}
    result = preflight(cluster, **wishes)
    assert "does not serve Volcano's APIs" in str(told(result, "volcano-missing"))
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "podgroups.scheduling.volcano.sh"},
        "spec": {
            "group": "scheduling.volcano.sh",
            "scope": "Namespaced",
            "names": {"kind": "PodGroup", "plural": "podgroups"},
            "versions": [{"name": "v1beta1", "served": True, "storage": True, "schema": schema}],
        },
    }
    with there(cluster, definition):
        for _attempt in range(50):
            if "scheduling.volcano.sh/v1beta1" in cluster.apis():
                break
            time.sleep(0.1)
        result = preflight(cluster, **wishes)
    assert told(result, "volcano-missing") == {}
    assert set(told(result, "volcano-without-accelerator-type")) == {"lab-1"}
