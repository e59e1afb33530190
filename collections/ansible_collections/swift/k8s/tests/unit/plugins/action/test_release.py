# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The action shows the module's lines while it runs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from ansible_collections.swift.k8s.plugins.action import release

RESULT = {"changed": True, "releases": []}


class Play:
    """The action with a module that writes two lines and waits between them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, transport: str = "local", **arguments: Any) -> None:
        self.shown: list[str] = []
        self.between: list[str] = []
        self.path = ""
        connection = Mock(transport=transport)
        self.action = release.ActionModule(Mock(args=arguments), connection, Mock(), Mock(), Mock(), Mock())
        monkeypatch.setattr(self.action, "_execute_module", self._module)
        monkeypatch.setattr(release, "LOOK_SECONDS", 0.01)
        monkeypatch.setattr(release.display, "display", self.shown.append)
        monkeypatch.setattr(release.ActionBase, "run", lambda *_: {})

    def _module(
        self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any], wrap_async: int
    ) -> dict[str, Any]:
        self.path = module_args.get("progress_file", "")
        for line in ("one", "two") if self.path else ():
            with open(self.path, "a", encoding="utf-8") as stream:
                stream.write(f"{line}\n")
            time.sleep(0.1)
            self.between.append(self.shown[-1])
        return RESULT

    def run(self) -> dict[str, Any]:
        return self.action.run(task_vars={"inventory_hostname": "prod"})


def test_lines_are_shown_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(monkeypatch)
    assert play.run() == RESULT
    assert play.between == play.shown == ["prod: one", "prod: two"]
    assert not os.path.exists(play.path)


def test_a_module_elsewhere_is_run_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(monkeypatch, transport="ssh")
    assert play.run() == RESULT
    assert (play.path, play.shown) == ("", [])


def test_a_file_of_the_users_own_is_left_to_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = str(tmp_path / "progress")
    play = Play(monkeypatch, progress_file=own)
    play.between = [""]
    monkeypatch.setattr(play.action, "_execute_module", lambda **words: words["module_args"])
    assert play.run() == {"progress_file": own}
    assert play.shown == []
