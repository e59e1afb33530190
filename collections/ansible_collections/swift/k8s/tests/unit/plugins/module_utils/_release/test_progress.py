# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Lines for people who look on."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.swift.k8s.plugins.module_utils._release import progress


def test_lines_go_to_the_log_and_the_file(tmp_path: Path) -> None:
    logged: list[str] = []
    say = progress.teller(str(tmp_path / "progress"), logged.append)
    say("one")
    say("two")
    assert (tmp_path / "progress").read_text() == "one\ntwo\n"
    assert logged == ["one", "two"]


def test_without_a_file_only_the_log_hears() -> None:
    logged: list[str] = []
    progress.teller(None, logged.append)("one")
    assert logged == ["one"]
