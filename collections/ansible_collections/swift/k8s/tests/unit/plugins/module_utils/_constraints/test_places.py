# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which nodes take a release's pods."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.places import chosen, eligible, resisted

NODE: dict[str, Any] = {
    "name": "a",
    "ready": True,
    "schedulable": True,
    "labels": {
        "pool": "gpu",
        "nvidia.com/gpu.memory": "40960",
        "nvidia.com/gpu.compute.major": "8",
        "nvidia.com/gpu.compute.minor": "6",
    },
}
RELEASE: dict[str, Any] = {"vendor": "nvidia", "resource": "nvidia.com/gpu"}
TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ({}, True),
        ({"node_selector": {"pool": "gpu"}}, True),
        ({"node_selector": {"pool": "cpu"}}, False),
        ({"values": {"accelerator": {"memoryMiB": 40960}}}, True),
        ({"values": {"accelerator": {"memoryMiB": 40961}}}, False),
        ({"values": {"accelerator": {"compute": "8.6"}}}, True),
        ({"values": {"accelerator": {"compute": "8.9"}}}, False),
        ({"values": {"accelerator": {"compute": 9}}}, False),
        # the chart makes no affinity for a vendor without such labels
        ({"vendor": "ascend", "values": {"accelerator": {"memoryMiB": 99999}}}, True),
    ],
)
def test_chosen(release: dict[str, Any], expected: bool) -> None:
    assert chosen(NODE, {**RELEASE, **release}) is expected


def test_labels_that_nobody_set_are_no_match() -> None:
    release = {**RELEASE, "values": {"accelerator": {"memoryMiB": 1}}}
    assert not chosen({**NODE, "labels": {}}, release)
    assert not chosen({**NODE, "ready": False}, RELEASE)
    assert not chosen({**NODE, "schedulable": False}, RELEASE)


@pytest.mark.parametrize(
    ("taint", "tolerations", "expected"),
    [
        (TAINT, [], ["nvidia.com/gpu=present:NoSchedule"]),
        ({**TAINT, "value": ""}, [], ["nvidia.com/gpu:NoSchedule"]),
        ({**TAINT, "effect": "PreferNoSchedule"}, [], []),
        (TAINT, [{"operator": "Exists"}], []),
        (TAINT, [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}], []),
        (TAINT, [{"key": "nvidia.com/gpu", "value": "present"}], []),
        (TAINT, [{"key": "nvidia.com/gpu", "value": "other"}], ["nvidia.com/gpu=present:NoSchedule"]),
        (
            TAINT,
            [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"}],
            [
                "nvidia.com/gpu=present:NoSchedule",
            ],
        ),
    ],
)
def test_taints(taint: dict[str, str], tolerations: list[dict[str, str]], expected: list[str]) -> None:
    node, release = {**NODE, "taints": [taint]}, {**RELEASE, "tolerations": tolerations}
    assert resisted(node, release) == expected
    assert eligible(node, release) is not expected or not expected


def test_google_tolerates_a_taint_called_like_the_resource() -> None:
    labels = {**NODE["labels"], "cloud.google.com/gke-accelerator": "nvidia-l4"}
    assert resisted({**NODE, "labels": labels, "taints": [TAINT]}, RELEASE) == []
    assert resisted({**NODE, "labels": labels, "taints": [{**TAINT, "key": "team"}]}, RELEASE) != []
