# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The order of versions."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.versions import compare


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("13", "13.0", 0),
        ("12.9", "13", -1),
        ("12.10", "12.9", 1),
        ("v1.34.2", "1.34", 1),
        ("v1.34.2+k3s1", "1.35", -1),
        (7.5, "7.5", 0),
        (7, 7.0, 0),
        ("8.2.RC1", "8.2.0", -1),
        ("8.2.RC2", "8.2.RC1", 1),
        ("25.5.1", "25.0", 1),
        ("550.163.01", "550.54", 1),
        ("unknown", "1", None),
        (True, "1", None),
    ],
)
def test_compare(left: Any, right: Any, expected: Optional[int]) -> None:
    assert compare(left, right) == expected
