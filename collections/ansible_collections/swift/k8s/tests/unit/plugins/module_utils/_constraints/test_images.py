# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What image references tell."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.errors import RuleError
from ansible_collections.swift.k8s.plugins.module_utils._constraints.images import parse, requirements


@pytest.mark.parametrize(
    ("image", "registry", "repository", "manifest"),
    [
        ("busybox", "docker.io", "library/busybox", "latest"),
        ("vllm/vllm-openai:v0.9", "docker.io", "vllm/vllm-openai", "v0.9"),
        ("lab.registry/ms-swift:4.6.0", "lab.registry", "ms-swift", "4.6.0"),
        ("localhost:5000/a/b", "localhost:5000", "a/b", "latest"),
        ("quay.io/ascend/ms-swift@sha256:abc", "quay.io", "ascend/ms-swift", "sha256:abc"),
        ("quay.io/ascend/ms-swift:v1@sha256:abc", "quay.io", "ascend/ms-swift", "sha256:abc"),
    ],
)
def test_parse(image: str, registry: str, repository: str, manifest: str) -> None:
    reference = parse(image)
    assert (reference.registry, reference.repository, reference.manifest) == (registry, repository, manifest)


def test_not_an_image() -> None:
    with pytest.raises(RuleError, match="is not an image reference"):
        parse("https://quay.io/Upper Case")


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (
            "ubuntu22.04-cuda13.0.3-py312-torch2.11.0-swift4.4.3",
            {"cuda": "13.0.3", "cuda_minor": "13.0", "min_driver": "580", "min_compute": "7.5"},
        ),
        (
            "ubuntu22.04-cuda12.6.3-py311-swift3.8.3",
            {"cuda": "12.6.3", "cuda_minor": "12.6", "min_driver": "525", "min_compute": "5.0"},
        ),
        ("ubuntu22.04-cuda12.9.1-swift4.1.3", {"cuda": "12.9.1", "min_driver": "525", "min_compute": "7.5"}),
        ("v4.3.0-A2-py311-CANN9.0.0-ubuntu22.04", {"cann": "9.0.0", "min_driver": "25.0", "family": "A2"}),
        ("v4.3.0-A3-py311-CANN9.0.0-ubuntu22.04", {"cann": "9.0.0", "family": "A3"}),
        ("v3-CANN8.2.RC1", {"cann": "8.2.rc1", "family": None}),
        ("v3-cann8.0.0", {"cann": "8.0.0", "min_driver": None}),
        ("4.6.0", {"tag": "4.6.0"}),
    ],
)
def test_requirements(tag: str, expected: dict[str, Any]) -> None:
    found = requirements(f"example.org/ms-swift:{tag}")
    assert {key: found.get(key) for key in expected} == expected
