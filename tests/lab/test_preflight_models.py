"""Misspelt models are told before anything is touched, by the lab's hub and the record in the cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.swift.k8s.plugins.module_utils._seed import record, wish

from tests.lab.releases import named
from tests.lab.target import lab_facts
from tests.lab.test_preflight_zoo import preflight, told

pytestmark = pytest.mark.lab

HUB = "http://hub.lab:8099"
TINY = "swift-lab/Qwen2.5-tiny-random"
KEPT = dict.fromkeys(("id", "type", "path", "revision", "resolved", "hub", "files", "bytes"), "")


@pytest.fixture
def place() -> Iterator[tuple[Cluster, str]]:
    """A cluster, and a namespace of the test's own."""
    cluster, namespace = connect({"kubeconfig": lab_facts()["kubeconfig"]}), named("models")
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    yield cluster, namespace
    cluster.delete("v1", "Namespace", namespace)


@pytest.mark.parametrize("hub", ["modelscope", "huggingface"])
@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"id": TINY}, ""),
        ({"id": "swift-lab/Qwen2.5-tiny-radnom"}, "swift-lab/Qwen2.5-tiny-radnom"),
        ({"id": TINY, "revision": "v9"}, "at revision v9"),
    ],
)
def test_a_misspelt_model_is_told(place: tuple[Cluster, str], hub: str, model: dict[str, Any], words: str) -> None:
    cluster, namespace = place
    wishes = {"namespace": namespace, "models_claim": "models", "models": [{**model, "hub": hub, "endpoint": HUB}]}
    found = told(preflight(cluster, hubs={HUB: lab_facts()["hub"]}, **wishes), "model-unknown")
    assert set(found) == ({f"model {model['id']}"} if words else set())
    assert words in "".join(found.values())


def test_what_was_fetched_once_is_not_asked_for(place: tuple[Cluster, str]) -> None:
    cluster, namespace = place
    model = {"id": "swift-lab/gone", "type": "model", "hub": "modelscope", "endpoint": HUB}
    wishes = {"namespace": namespace, "models_claim": "models", "models": [model]}
    hubs = {HUB: lab_facts()["hub"]}
    assert told(preflight(cluster, hubs=hubs, **wishes), "model-unknown")
    content = {"version": record.VERSION, "models": {"a": {"fingerprint": wish.fingerprint(model), **KEPT}}}
    cluster.create(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": record.name("models"), "namespace": namespace},
            "data": {"record.json": json.dumps(content)},
        }
    )
    assert told(preflight(cluster, hubs=hubs, **wishes), "model-unknown") == {}
