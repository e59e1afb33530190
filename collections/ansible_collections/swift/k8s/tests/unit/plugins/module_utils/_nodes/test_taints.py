"""Taints: ours come and go, others' stay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._nodes.plan import ForeignMarkError, Wanted
from ansible_collections.swift.k8s.plugins.module_utils._nodes.plan import plan as plan_nodes
from ansible_collections.swift.k8s.plugins.module_utils._nodes.taints import annotation, describe, plan, remembered

US = "swift-k8s-nodes"
OURS = {"key": "t", "value": "v", "effect": "NoSchedule"}
OTHER = {"key": "o", "effect": "NoExecute"}


def node(*taints: dict[str, str], remembered: tuple[str, ...] = ()) -> dict[str, Any]:
    """A node with taints, some of which we remember as ours."""
    annotations = {annotation(US): json.dumps(remembered)} if remembered else {}
    return {
        "metadata": {"name": "n1", "uid": "u1", "resourceVersion": "7", "annotations": annotations},
        "spec": {"taints": list(taints)},
    }


TABLE: list[tuple[str, dict[str, Any], tuple[Any, ...], tuple[list[str], list[str]] | None]] = [
    ("nothing to do", node(), (), None),
    ("added", node(OTHER), (OURS,), (["o:NoExecute", "t=v:NoSchedule"], ["t:NoSchedule"])),
    ("there and ours", node(OTHER, OURS, remembered=("t:NoSchedule",)), (OURS,), None),
    ("there before us", node(OURS), (OURS,), None),
    ("ours is let go", node(OTHER, OURS, remembered=("t:NoSchedule",)), (), (["o:NoExecute"], [])),
    ("others' is left alone", node(OTHER), (), None),
    (
        "ours changes",
        node({**OURS, "value": "old"}, remembered=("t:NoSchedule",)),
        (OURS,),
        (["t=v:NoSchedule"], ["t:NoSchedule"]),
    ),
    ("ours was taken away by hand", node(remembered=("t:NoSchedule",)), (), None),
    (
        "and comes back",
        node(remembered=("t:NoSchedule",)),
        (OURS,),
        (["t=v:NoSchedule"], ["t:NoSchedule"]),
    ),
]


@pytest.mark.parametrize(("live", "wanted", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_plan(live: dict[str, Any], wanted: tuple[Any, ...], expected: tuple[list[str], list[str]] | None) -> None:
    found = plan(live, wanted, US)
    assert (found and (list(map(describe, found.after)), list(found.ours))) == expected


def test_taints_and_their_memory_are_one_write() -> None:
    live = node(OTHER)
    found = plan(live, (OURS,), US)
    assert found
    assert found.body(live, US) == {
        "metadata": {"resourceVersion": "7", "annotations": {annotation(US): '["t:NoSchedule"]'}},
        "spec": {"taints": [OTHER, OURS]},
    }


def test_the_memory_goes_with_the_last_taint() -> None:
    live = node(OURS, remembered=("t:NoSchedule",))
    found = plan(live, (), US)
    assert found
    assert found.body(live, US)["metadata"]["annotations"] == {annotation(US): None}


@pytest.mark.parametrize("text", ["oops", "null", "7", '[{"key": "t"}]'])
def test_a_memory_that_somebody_wrote_over(text: str) -> None:
    live = node(OTHER)
    live["metadata"]["annotations"] = {annotation(US): text}
    assert remembered(live, US) == frozenset()


def test_somebody_elses_value_is_refused() -> None:
    live = node({**OURS, "value": "theirs"})
    with pytest.raises(
        ForeignMarkError, match="taint t=theirs:NoSchedule was set by somebody else, not t=v:NoSchedule"
    ):
        plan_nodes([live], {"n1": Wanted(taints=(OURS,))}, US, force=False)
    (change,) = plan_nodes([live], {"n1": Wanted(taints=(OURS,))}, US, force=True)
    assert (change.before, change.after) == ({"taint t=theirs:NoSchedule": ""}, {"taint t=v:NoSchedule": ""})
