# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs the module release, and shows what it waits for.

It runs in this process where it can. A module beside it cannot print while it runs, so it appends its lines to a file,
and this shows them as they come. On another machine the file is out of sight, and only the result is shown.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from typing import Any, Optional

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.swift.k8s.plugins.modules import release
from ansible_collections.swift.k8s.plugins.plugin_utils import in_process

LOOK_SECONDS = 1.0
display = Display()


class ActionModule(ActionBase):  # type: ignore[misc]
    """The action behind the task."""

    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        """The module's result; meanwhile its lines are shown with the cluster's name before them."""
        super().run(tmp, task_vars)
        del tmp
        variables = task_vars or {}
        host = str(variables.get("inventory_hostname", ""))
        arguments = dict(self._task.args)
        if arguments.get("progress_file") or self._connection.transport != "local":
            return in_process.execute(self, release, arguments, variables)
        done = in_process.run(self, release, arguments, variables, lambda line: _show(host, line))
        return done or self._beside(host, arguments, variables)

    def _beside(self, host: str, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """On this machine, by another interpreter or user."""
        with tempfile.TemporaryDirectory(prefix="swift-k8s-") as folder:
            path = os.path.join(folder, "progress")
            with shown(path, host):
                return in_process.beside(self, release, {**arguments, "progress_file": path}, variables)


@contextlib.contextmanager
def shown(path: str, host: str) -> Iterator[None]:
    """While the context lasts, show the lines that are added to the file."""
    ended = threading.Event()
    follower = threading.Thread(target=_follow, args=(path, host, ended), daemon=True)
    follower.start()
    try:
        yield
    finally:
        ended.set()
        follower.join()


def _follow(path: str, host: str, ended: threading.Event) -> None:
    place = 0
    while True:
        last = ended.wait(LOOK_SECONDS)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as stream:
                stream.seek(place)
                for line in stream.read().splitlines():
                    _show(host, line)
                place = stream.tell()
        if last:
            return


def _show(host: str, line: str) -> None:
    display.display(f"{host}: {line}")
