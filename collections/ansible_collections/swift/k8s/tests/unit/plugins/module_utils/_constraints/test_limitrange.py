# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""LimitRanges against wishes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints import limitrange
from ansible_collections.swift.k8s.plugins.module_utils._constraints.settle import settle
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

ENGINE = {"accelerator": {"vendor": "nvidia", "count": 4}}


def wishes(limits: dict[str, Any], namespace: str = "ai") -> dict[str, Any]:
    release = {"name": "qwen", "values": {**ENGINE, "resources": {"limits": limits}}}
    claim = {"name": "models", "size": "200Gi"}
    return settle(normalise({"namespace": namespace, "releases": [release], "claims": [claim]}), {}, {})


def ranges(**row: Any) -> list[dict[str, Any]]:
    return [{"spec": {"limits": [row]}}]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"type": "Container", "max": {"memory": "64Gi"}}, ["release qwen: memory 128Gi, at most 64Gi a container"]),
        ({"type": "Pod", "max": {"cpu": "3500m"}}, ["release qwen: cpu 4, at most 3500m a pod"]),
        (
            {"type": "Container", "max": {"nvidia.com/gpu": "2"}},
            ["release qwen: nvidia.com/gpu 4, at most 2 a container"],
        ),
        ({"type": "PersistentVolumeClaim", "max": {"storage": "100Gi"}}, ["claim models: 200Gi, at most 100Gi"]),
        ({"type": "PersistentVolumeClaim", "min": {"storage": "1Ti"}}, ["claim models: 200Gi, at least 1Ti"]),
        ({"type": "Container", "max": {"memory": "128Gi", "cpu": "4", "nvidia.com/gpu": "4"}}, []),
        ({"type": "PersistentVolumeClaim", "max": {"storage": "200Gi"}, "min": {"storage": "200Gi"}}, []),
        ({"type": "Container", "max": {"memory": "much"}}, []),
        ({"type": "Container", "default": {"memory": "1Gi"}}, []),
    ],
)
def test_what_would_be_refused(row: dict[str, Any], expected: list[str]) -> None:
    wished = wishes({"memory": "128Gi", "cpu": 4})
    assert limitrange.exceeded(ranges(**row), "ai", wished) == expected
    assert limitrange.exceeded(ranges(**row), "other", wished) == []


@pytest.mark.parametrize(
    ("row", "limits", "expected"),
    [
        ({"type": "Container", "default": {"memory": "512Mi"}}, {}, ["release qwen: 512Mi"]),
        ({"type": "Container", "default": {"memory": "512Mi"}}, {"memory": "64Gi"}, []),
        ({"type": "Container", "default": {"cpu": "1"}}, {}, []),
        ({"type": "Pod", "max": {"memory": "512Mi"}}, {}, []),
    ],
)
def test_default_limits(row: dict[str, Any], limits: dict[str, Any], expected: list[str]) -> None:
    assert limitrange.starved(ranges(**row), "ai", wishes(limits)) == expected
