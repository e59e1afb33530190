# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What nodes and pods say of themselves."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.condition import is_ready


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {
                "status": {
                    "conditions": [{"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": "True"}]
                }
            },
            True,
        ),
        ({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}, False),
        ({"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}, False),
        ({"status": {"conditions": [{"type": "DiskPressure", "status": "True"}]}}, False),
        ({"status": {"conditions": None}}, False),
        ({"status": None}, False),
        ({}, False),
    ],
)
def test_is_ready(item: dict[str, Any], expected: bool) -> None:
    assert is_ready(item) is expected
