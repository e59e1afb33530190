# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A module in Ansible's process gives what it gives beside it, and is run there only where that is the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.modules import objects
from ansible_collections.swift.k8s.plugins.plugin_utils import in_process

from ..module_utils._cluster.api import Api, serving

pytestmark = pytest.mark.slow

ANSIBLE = str(Path(sys.executable).with_name("ansible"))
TOKEN = "canary-token"


@pytest.fixture
def other(tmp_path: Path) -> str:
    """The same Python under another roof: Ansible starts a module for it."""
    path = tmp_path / "python"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def asked(interpreter: str, module: str, arguments: dict[str, Any], *more: str) -> tuple[dict[str, Any], str]:
    """The result of one task, and all that was printed."""
    words = ["localhost,", "-i", "localhost,", "-c", "local", "-m", f"swift.k8s.{module}", "-vvv", *more]
    settings = {**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [ANSIBLE, *words, "-e", f"ansible_python_interpreter={interpreter}", "-a", json.dumps(arguments)],
        env=settings,
        check=False,
        capture_output=True,
        text=True,
    )
    text = done.stdout + done.stderr
    return json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{", done.stdout.index(" => ")))[0], text


def node(api: Api) -> None:
    api.say("GET", "/api/v1/nodes", {"metadata": {}, "items": [{"metadata": {"name": "n", "labels": {}}}]})
    api.say("PATCH", "/api/v1/nodes/n", (404, {"message": "gone"}))


MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": TOKEN}}
TASKS: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("node_labels", {"nodes": {"n": {"labels": {"a": "b"}}}}, ("--check",)),
    ("node_labels", {"nodes": {"n": {"labels": {"a": "b"}}}}, ()),
    ("node_labels", {"nodes": {"none": {"labels": {"a": "b"}}}}, ()),
    ("node_labels", {"nodes": {}, "no_such_option": 1}, ()),
    (
        "objects",
        {"definitions": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": TOKEN}}]},
        ("--check",),
    ),
]


@pytest.mark.parametrize(("module", "arguments", "more"), TASKS)
def test_the_result_is_the_same(other: str, module: str, arguments: dict[str, Any], more: tuple[str, ...]) -> None:
    results = []
    for interpreter in (sys.executable, other):
        with serving() as api:
            node(api)
            result, text = asked(interpreter, module, {**arguments, "host": api.url, "api_key": TOKEN}, *more)
            started = "AnsiballZ" in text
            results.append((json.loads(json.dumps(result).replace(api.url, "")), started))
        assert f"Bearer {TOKEN}" not in text
    here, beside = (result for result, _started in results)
    assert here == beside
    assert [started for _result, started in results] == ["no_such_option" in arguments, True]


def action(**change: Any) -> Any:
    """An action whose module would run here."""
    task = SimpleNamespace(delegate_to=None, async_val=0, environment=[], check_mode=False)
    connection = SimpleNamespace(transport="local", become=None)
    made = SimpleNamespace(_task=task, _connection=connection, _templar=SimpleNamespace(template=lambda text: text))
    for name, value in change.items():
        setattr(connection if hasattr(connection, name) else task, name, value)
    return made


ELSEWHERE: list[dict[str, Any]] = [
    {"transport": "ssh"},
    {"become": object()},
    {"delegate_to": "bastion"},
    {"async_val": 60},
    {"environment": [{"HTTPS_PROXY": "http://192.0.2.8"}]},
]
PYTHON = {"ansible_python_interpreter": sys.executable}


@pytest.mark.parametrize("change", ELSEWHERE)
def test_where_it_would_not_be_the_same(change: dict[str, Any]) -> None:
    assert in_process._same(action(), PYTHON)
    assert not in_process._same(action(**change), PYTHON)


@pytest.mark.parametrize("variables", [{}, {"ansible_python_interpreter": "/usr/bin/python"}])
def test_another_interpreter_is_another(variables: dict[str, str]) -> None:
    assert not in_process._same(action(), variables)


def test_links_lead_to_the_same_interpreter(tmp_path: Path) -> None:
    (tmp_path / "venv").symlink_to(Path(sys.executable).parents[1])
    assert in_process._same(action(), {"ansible_python_interpreter": str(tmp_path / "venv/bin/python")})


def test_what_json_cannot_say_is_left_to_ansible() -> None:
    assert in_process.run(action(), objects, {"definitions": [{"data": b"bytes"}]}, PYTHON) is None
