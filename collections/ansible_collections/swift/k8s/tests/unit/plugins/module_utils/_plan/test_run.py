# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Several models in one call: each asked where its entry says, and none ends the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._plan import files
from ansible_collections.swift.k8s.plugins.module_utils._plan.errors import PlanError
from ansible_collections.swift.k8s.plugins.module_utils._plan.run import run

SITE = {"id": "a/b", "hub": "mirror", "endpoint": "http://hub:8099", "token_secret": "x"}
DISK = {"id": "a/b", "hub": "directory", "source": "/mnt/usb"}
#: the model as asked for, the entries of the caches -> where its hub is asked
WAYS: list[tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]] = [
    ({"id": "a/b"}, [], {"id": "a/b"}),
    ({"id": "a/b", "hub": None}, [SITE], {"id": "a/b", "hub": "mirror", "endpoint": "http://hub:8099"}),
    (
        {"id": "a/b", "hub": "huggingface"},
        [SITE],
        {"id": "a/b", "hub": "huggingface", "endpoint": "http://hub:8099"},
    ),
    ({"id": "a/c"}, [SITE], {"id": "a/c"}),
    ({"id": "a/b"}, [DISK], {"id": "a/b"}),
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """What hubs were asked for; none answers."""
    found: list[Mapping[str, Any]] = []

    def silent(_name: str, option: Mapping[str, Any]) -> None:
        found.append(option)
        raise PlanError(f"{option['id']} cannot be planned, its hub does not answer.")

    monkeypatch.setattr(files, "from_hub", silent)
    return found


@pytest.mark.parametrize(("option", "sources", "expected"), WAYS)
def test_the_way_to_a_hub(
    asked: list[Mapping[str, Any]], option: dict[str, Any], sources: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    run([option], [], sources, tolerant=True)
    assert asked == [expected]


def test_a_hub_that_does_not_answer_ends_no_other_plan(asked: list[Mapping[str, Any]]) -> None:
    reason = "a/b cannot be planned, its hub does not answer."
    found = run([{"id": "a/b"}, {"id": "qwen-plus"}], [], tolerant=True)
    assert [plan["id"] for plan in found["plans"]] == ["qwen-plus"]
    assert found["unplanned"] == [{"id": "a/b", "reason": reason}]
    assert f"\nnot planned: {reason}" in found["table"]
    with pytest.raises(PlanError, match="does not answer"):
        run([{"id": "a/b"}, {"id": "qwen-plus"}], [])
    assert len(asked) == 2


#: what the node says of itself -> why it is left out
STATES: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"ready": True, "schedulable": True}, ""),
    ({"ready": True, "schedulable": False}, "cordoned"),
    ({"ready": False, "schedulable": True}, "not ready"),
    ({"ready": False, "schedulable": False}, "not ready"),
]


@pytest.mark.parametrize(("state", "reason"), STATES)
def test_no_model_is_placed_where_the_scheduler_places_no_pod(state: dict[str, Any], reason: str) -> None:
    card = {"vendor": "nvidia", "product": "H200", "memory_mib": 143771, "count": 8}
    nodes = [
        {"name": "open", "accelerators": [card], "ready": True, "schedulable": True},
        {"name": "other", "accelerators": [card], **state},
        {"name": "without", "accelerators": [], "ready": False},
    ]
    found = run([{"id": "qwen-plus"}], nodes)
    assert found["plans"][0]["placements"][0]["nodes"] == ["open", *([] if reason else ["other"])]
    assert found["left_out"] == ([{"name": "other", "reason": reason}] if reason else [])
    assert (f"left out, as no pod goes there now: other ({reason})" in found["table"]) is bool(reason)


def test_many_nodes_left_out_are_counted() -> None:
    nodes = [{"name": f"n{number}", "accelerators": [{"vendor": "nvidia"}], "ready": False} for number in range(12)]
    assert ", n9 (not ready) and 2 more\n" in run([{"id": "qwen-plus"}], nodes)["table"]
