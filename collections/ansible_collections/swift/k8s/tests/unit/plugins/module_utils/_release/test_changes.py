# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What people read of a change."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release.changes import ObjectChange, difference
from ansible_collections.swift.k8s.plugins.module_utils._release.objects import Key

MAP = Key("v1", "ConfigMap", "ns", "m")


def after(value: Any) -> str:
    return difference("r", [ObjectChange(MAP, "created", (("data", None, value),))])["after"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": "1"}, "a: '1'"),
        ({"run.sh": "one\ntwo\n"}, "run.sh: |\n      one\n      two"),
        ({"long.py": "x" * 5000}, "long.py: (5000 characters, sha256 "),
        ([{"args": ["y" * 5000]}], "- (5000 characters, sha256 "),
    ],
)
def test_texts_are_readable(value: Any, shown: str) -> None:
    assert shown in after(value)


def test_long_texts_are_still_seen_to_differ() -> None:
    change = ObjectChange(MAP, "changed", (("data.a", "x" * 5000, "y" * 5000),))
    found = difference("r", [change])
    assert found["before"] != found["after"]
