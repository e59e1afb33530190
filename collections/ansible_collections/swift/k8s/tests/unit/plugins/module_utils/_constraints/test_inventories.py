# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The inventories that we ship, judged: they name no image, and their releases are looked at all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._constraints import published
from ansible_collections.swift.k8s.plugins.module_utils._constraints.observe import wished_images
from ansible_collections.swift.k8s.plugins.module_utils._constraints.settle import settle
from ansible_collections.swift.k8s.plugins.module_utils._constraints.task import device_plan
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

from .healthy import gpu, judge

CHECKOUT = Path(__file__).parents[9]
PROD = CHECKOUT / "inventories/prod/group_vars/all.yml"

pytestmark = pytest.mark.skipif(not (CHECKOUT / "inventories").exists(), reason="there is no checkout around")


def wishes() -> dict[str, Any]:
    """What the role makes of the inventory's variables."""
    variables = yaml.safe_load(PROD.read_text(encoding="utf-8"))
    return {
        "namespace": variables["swift_k8s_namespace"],
        "device_plugin": {name: variables[f"device_plugin_{name}"] for name in ("nvidia", "ascend")},
        "claims": variables["storage_claims"],
        "models_claim": variables["model_cache_volume"],
        "models": variables["model_cache_models"],
        "releases": variables["ms_swift_releases"],
    }


CARDS: list[tuple[dict[str, str], dict[str, Any], set[str]]] = [
    ({}, {}, set()),
    ({"nvidia.com/cuda.runtime-version.full": "12.2"}, {"driver": "535.104.12"}, {"driver-too-old"}),
    ({}, {"compute": "7.0", "product": "Tesla-V100-SXM2-32GB"}, {"compute-too-low"}),
]


@pytest.mark.parametrize(("labels", "device", "expected"), CARDS)
def test_prod(labels: dict[str, str], device: dict[str, Any], expected: set[str]) -> None:
    assert {item.id for item in judge(gpu(labels, device), wishes(), {})} == expected


def test_its_images_are_looked_at() -> None:
    facts, complete = gpu(), normalise(wishes())
    plan = device_plan(facts, complete)
    image = published.engine({}, "nvidia")
    assert wished_images(facts, settle(complete, facts, plan), plan)[image] == {
        "used_by": ["release qwen", "model_cache_image"],
        "needs": {"amd64"},
    }
