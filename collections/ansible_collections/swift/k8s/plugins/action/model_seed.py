# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs the module model_seed until its Job has ended, and shows how far it is.

A module cannot print while it runs. So each execution follows the Job for a while and returns; this shows the progress
and runs the module again. The state is in the cluster alone: ending this at any moment loses nothing.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Optional

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.swift.k8s.plugins.module_utils._seed.show import show
from ansible_collections.swift.k8s.plugins.modules import model_seed
from ansible_collections.swift.k8s.plugins.plugin_utils import in_process

LOG_SECONDS, TERMINAL_SECONDS = 30, 5
display = Display()


class ActionModule(ActionBase):  # type: ignore[misc]
    """The action behind the task."""

    _supports_check_mode = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        """Follow, show, follow again, until the Job has ended or wait_timeout is over."""
        super().run(tmp, task_vars)
        del tmp
        host = (task_vars or {}).get("inventory_hostname", "")
        terminal = sys.stdout.isatty()
        arguments = dict(self._task.args)
        arguments["follow_seconds"] = 0  # what starts, or what it waits for, is said at once
        deadline = time.monotonic() + float(arguments.get("wait_timeout", 86400))
        changed = False
        while True:
            result = in_process.execute(self, model_seed, arguments, task_vars or {})
            changed = changed or bool(result.get("changed"))
            going_on = result.get("seeding") and not result.get("failed") and self._waits(arguments)
            if not going_on:
                result["changed"] = changed
                return result
            self._tell(show(host, result), terminal and len((task_vars or {}).get("ansible_play_hosts", [])) == 1)
            if time.monotonic() > deadline:
                return {**result, "changed": changed, "failed": True, "msg": _still(result)}
            arguments["followed"] = result.get("followed") or {}
            arguments["follow_seconds"] = TERMINAL_SECONDS if terminal else LOG_SECONDS

    def _tell(self, line: str, redraw: bool) -> None:
        """One line that redraws itself on a terminal of one cluster's own; else a new line each time."""
        display.display(f"\r\x1b[K{line}" if redraw else line, newline=not redraw)

    def _waits(self, arguments: dict[str, Any]) -> bool:
        return str(arguments.get("wait", True)).lower() not in {"false", "no", "off", "0"}


def _still(result: dict[str, Any]) -> str:
    if not result.get("job"):
        return (
            f"No Job was started within wait_timeout: {result.get('waiting', '')}. "
            "Run again, with a longer wait_timeout."
        )
    return (
        f"Job {result.get('job')} still works after wait_timeout; it goes on by itself. "
        "Run again to join it, with a longer wait_timeout."
    )
