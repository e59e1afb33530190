# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What people write for a node, and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Invalid
from ansible_collections.swift.k8s.plugins.module_utils._nodes.plan import Wanted
from ansible_collections.swift.k8s.plugins.module_utils._nodes.wish import wishes

TAINT = {"key": "gpu", "effect": "NoSchedule"}
WISHES: list[tuple[Any, Wanted]] = [
    (None, Wanted()),
    ({"labels": {"a": True, "b": False}}, Wanted({"a": "true", "b": "false"})),
    ({"labels": {"a": 1, "b": None, "c": "True"}}, Wanted({"a": "1", "b": "", "c": "True"})),
    ({"annotations": {"a": True}}, Wanted(annotations={"a": "true"})),
    ({"taints": [TAINT]}, Wanted(taints=(TAINT,))),
    ({"taints": [{**TAINT, "value": True}]}, Wanted(taints=({**TAINT, "value": "true"},))),
    ({"taints": [{**TAINT, "value": None}]}, Wanted(taints=(TAINT,))),
]


@pytest.mark.parametrize(("given", "expected"), WISHES)
def test_wishes(given: Any, expected: Wanted) -> None:
    assert wishes({"n1": given}) == {"n1": expected}


EFFECTS = "add effect, one of NoSchedule, PreferNoSchedule, NoExecute."
REFUSED: list[tuple[Any, str]] = [
    ({"label": {}}, "nodes.n1 has no part 'label': choose from labels, annotations, taints."),
    ({"taints": [{"key": "gpu"}]}, f"nodes.n1.taints: taint gpu has no effect: {EFFECTS}"),
    (
        {"taints": [{"key": "gpu", "effect": "noschedule"}]},
        f"nodes.n1.taints: taint gpu has the unknown effect 'noschedule': {EFFECTS}",
    ),
    (
        {"taints": [{"effect": "NoSchedule"}]},
        "nodes.n1.taints: {'effect': 'NoSchedule'} has no key: write {key: gpu, value: 'true', effect: NoSchedule}.",
    ),
    (["labels"], "nodes.n1 must be a mapping of labels, annotations, taints, not ['labels']."),
    ({"labels": ["a=b"]}, "nodes.n1.labels must be a mapping of key to value, not ['a=b']."),
    ({"labels": {"a": {"b": 1}}}, "nodes.n1.labels.a must be a text, not {'b': 1}."),
    (
        {"taints": [TAINT, {**TAINT, "value": "b"}]},
        "nodes.n1.taints: gpu:NoSchedule is there twice; a node has one value for key and effect.",
    ),
    ({"taints": ["gpu"]}, "nodes.n1.taints: 'gpu' has no key: write {key: gpu, value: 'true', effect: NoSchedule}."),
    ({"taints": [{**TAINT, "vale": 1}]}, "nodes.n1.taints: taint gpu: unknown key 'vale'; did you mean 'value'?"),
]


@pytest.mark.parametrize(("given", "expected"), REFUSED)
def test_what_is_no_wish_is_refused(given: Any, expected: str) -> None:
    with pytest.raises(Invalid) as refusal:
        wishes({"n1": given})
    assert str(refusal.value) == expected
