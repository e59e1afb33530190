# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Every example of the chart on a real API server: what was just installed is no drift, and needs no second run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._release import info, store

from tests.lab.releases import HELMS, Lab, named
from tests.lab.target import kubeconfig

pytestmark = pytest.mark.lab
CHART = Path(__file__).resolve().parents[2] / "charts/ms-swift"
EXAMPLES = sorted(path.stem.removeprefix("values-") for path in (CHART / "examples").glob("values-*.yaml"))
NO_PODS = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"pods": "0"}}}


@pytest.fixture(scope="module")
def place() -> Iterator[Lab]:
    """A namespace in which objects are kept but no pod is made. Helm 3 has its turn in whole deployments."""
    made = Lab(kubeconfig(), named("examples"), HELMS[1])
    made.cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": made.namespace}})
    made.cluster.create({**NO_PODS, "metadata": {"name": "no-pods", "namespace": made.namespace}})
    yield made
    made.cluster.delete("v1", "Namespace", made.namespace)


def kinds(lab: Lab, example: str) -> list[str]:
    """Kinds of the example that this cluster does not serve."""
    text = (CHART / f"examples/render-{example}.yaml").read_text(encoding="utf-8")
    objects = [one for one in yaml.safe_load_all(text) if one]
    return [one["kind"] for one in objects if lab.cluster.resource(one["apiVersion"], one["kind"]) is None]


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_was_just_installed_is_no_drift(place: Lab, example: str) -> None:
    if unknown := kinds(place, example):
        pytest.skip(f"the lab does not serve {', '.join(sorted(set(unknown)))}")
    wish: dict[str, Any] = {
        "name": example,
        "chart": str(CHART),
        "values_files": [str(CHART / f"examples/values-{example}.yaml")],
        "wait": False,
    }
    try:
        assert place.task(**wish)["changed"]
        found = info.releases(place.cluster, place.namespace, [example], True, False)[0]
        assert (found["drift"], found["notes"]) == ([], [])
        again = place.task(**wish)
        assert (again["changed"], again["helm_processes"]) == (False, 0)
        secret = place.cluster.get("v1", "Secret", store.secret_name(example, 1), place.namespace)
        assert secret is not None
        assert len(secret["data"]["release"]) * 3 // 4 < store.LIMIT // 2  # room for charts to grow
    finally:
        place.task(name=example, state="absent")
