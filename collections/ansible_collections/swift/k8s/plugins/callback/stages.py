# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""One line a stage at the end of a run: how long it took, what it executed, what it changed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stages
type: aggregate
short_description: Times, module executions and changes of every stage of a run
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Prints one line for every role that ran, in order, with its seconds, module executions and changed results.
  - A stage is a role, or C(playbook) for tasks outside of any role.
  - Enable it with C(callbacks_enabled = swift.k8s.stages) in ansible.cfg or with E(ANSIBLE_CALLBACKS_ENABLED).
options:
  report:
    description: File that receives the same figures as JSON. Nothing is written when it is empty.
    type: str
    default: ""
    env:
      - name: SWIFT_K8S_STAGES_REPORT
    ini:
      - section: callback_stages
        key: report
"""

import json
import time
from typing import Any

from ansible.plugins.callback import CallbackBase


class Stage:
    """What one stage has cost so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seconds = 0.0
        self.executions = 0
        self.changed = 0

    def as_dict(self) -> dict[str, Any]:
        """The stage as plain data; seconds rounded to milliseconds."""
        return {
            "stage": self.name,
            "seconds": round(self.seconds, 3),
            "module_executions": self.executions,
            "changed": self.changed,
        }


def stage_of(task: Any) -> str:
    """The role a task belongs to, without its collection; C(playbook) outside of roles."""
    role = getattr(task, "_role", None)
    return str(role.get_name()).rsplit(".", 1)[-1] if role else "playbook"


def table(stages: list[Stage]) -> list[str]:
    """The lines shown to people."""
    total = Stage("total")
    for stage in stages:
        total.seconds += stage.seconds
        total.executions += stage.executions
        total.changed += stage.changed
    rows = [*stages, total]
    return [f"{row.name:<16} {row.seconds:8.1f} s {row.executions:5d} modules {row.changed:5d} changed" for row in rows]


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Collects per stage; a stage's clock runs from its first task to the next stage's."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "swift.k8s.stages"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._stages: dict[str, Stage] = {}
        self._current: Stage | None = None
        self._since = time.monotonic()

    def _enter(self, task: Any) -> None:
        now = time.monotonic()
        if self._current is not None:
            self._current.seconds += now - self._since
        self._since = now
        name = stage_of(task)
        self._current = self._stages.setdefault(name, Stage(name))

    def _count(self, result: Any) -> None:
        name = stage_of(result._task)
        stage = self._stages.setdefault(name, Stage(name))
        items = result._result.get("results", [result._result])
        stage.executions += sum(1 for item in items if isinstance(item, dict) and "invocation" in item)
        stage.changed += bool(result._result.get("changed", False))

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """A task begins: its stage's clock runs."""
        self._enter(task)

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task ended well on a host."""
        self._count(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed on a host."""
        self._count(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The run is over: show the table and write the report."""
        if self._current is not None:
            self._current.seconds += time.monotonic() - self._since
        stages = list(self._stages.values())
        self._display.banner("STAGES")
        for line in table(stages):
            self._display.display(line)
        report = self.get_option("report")
        if report:
            with open(report, "w", encoding="utf-8") as stream:
                json.dump([stage.as_dict() for stage in stages], stream, indent=2)
