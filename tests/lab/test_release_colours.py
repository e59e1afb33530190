# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A pair of colours through the playbooks: up, the same again, the other colour, back, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lab.cluster_of_tests import Place, place
from tests.lab.test_release_playbooks import play

__all__ = ["place"]
pytestmark = pytest.mark.lab
VALUES = {
    "image": {"repository": "lab.registry/lab-engine", "tag": "4.6.0"},
    "accelerator": {"vendor": "cpu"},
    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}},
    "drainSeconds": 1,
    "terminationGracePeriodSeconds": 10,
    "ingress": {"enabled": True, "hosts": ["pair.example"]},
}
PAIR = {"name": "pair", "model": "swift-lab/Qwen2.5-tiny-random", "strategy": "blue_green"}


def run(place: Place, playbook: str, *words: str, round_: str = "one", **entry: Any) -> tuple[int, str]:
    wish = {**PAIR, "values": {**VALUES, "env": {"ROUND": round_}}, **entry}
    variables = {"swift_k8s_namespace": place.namespace, "ms_swift_releases": [wish]}
    return play(playbook, "-e", json.dumps(variables), *words)


def deploy(place: Place, round_: str, tags: str = "ms_swift", **entry: Any) -> tuple[int, str]:
    return run(place, "deploy", "--tags", tags, round_=round_, **entry)


def served(place: Place) -> str:
    """The release whose pods the Service leads to."""
    service = place.cluster.get("v1", "Service", "pair", place.namespace)
    assert service is not None
    return str(service["spec"]["selector"]["app.kubernetes.io/instance"])


def test_there_and_back(place: Place) -> None:
    assert deploy(place, "one", "storage,model_cache,ms_swift")[0] == 0
    assert served(place) == "pair-blue"
    routes = place.cluster.list("networking.k8s.io/v1", "Ingress", place.namespace)
    backends = [one["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] for one in routes]
    assert backends == ["pair"]
    code, text = deploy(place, "one")
    assert (code, "changed=0" in text) == (0, True), text
    code, text = deploy(place, "two")
    assert code == 0, text
    assert "green comes up beside blue and is asked, then Service" in " ".join(text.split())
    assert served(place) == "pair-green"
    assert run(place, "rollback", "-e", "release=pair", round_="two")[0] == 0
    assert served(place) == "pair-blue"
    code, text = deploy(place, "two", strategy="in_place")
    assert (code, "is a pair of colours, and callers come through Service" in " ".join(text.split())) == (2, True), text
    assert served(place) == "pair-blue"
