"""The stages callback counts what a run executed and changed, stage by stage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.callback.stages import CallbackModule, Stage, stage_of, table


def task(role: str | None) -> Any:
    return SimpleNamespace(_role=SimpleNamespace(get_name=lambda: role) if role else None)


@pytest.mark.parametrize(
    ("role", "stage"), [("swift.k8s.storage", "storage"), ("storage", "storage"), (None, "playbook")]
)
def test_stage_of(role: str | None, stage: str) -> None:
    assert stage_of(task(role)) == stage


RESULTS: list[tuple[dict[str, Any], int, int]] = [
    ({"invocation": {}, "changed": True}, 1, 1),
    ({"invocation": {}, "changed": False}, 1, 0),
    ({"msg": "an action without a module"}, 0, 0),
    ({"changed": True, "results": [{"invocation": {}}, {"invocation": {}}, {"skipped": True}]}, 2, 1),
]


@pytest.mark.parametrize(("result", "executions", "changed"), RESULTS)
def test_count(result: dict[str, Any], executions: int, changed: int) -> None:
    callback = CallbackModule()
    callback.v2_runner_on_ok(SimpleNamespace(_task=task("swift.k8s.ms_swift"), _result=result))
    stage = callback._stages["ms_swift"]
    assert (stage.executions, stage.changed) == (executions, changed)


def test_table_ends_with_the_sum() -> None:
    one, two = Stage("one"), Stage("two")
    one.seconds, one.executions, one.changed = 1.5, 2, 1
    two.seconds, two.executions, two.changed = 0.25, 3, 0
    assert table([one, two])[-1].split() == ["total", "1.8", "s", "5", "modules", "1", "changed"]
