"""The action runs the module again while the Job works, and shows how far it is."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from ansible_collections.swift.k8s.plugins.action import model_seed

STARTED = {"changed": True, "seeding": True, "job": "j", "followed": {"models": "u"}, "progress": {}}
FOLLOWED = {"changed": False, "seeding": True, "job": "j", "followed": {"models": "u"}, "waiting": "site x"}
ENDED = {"changed": False, "seeding": False, "models": []}


class Play:
    """The action with a module that answers from a list; keeps arguments and shown lines."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: dict[str, Any], **arguments: Any) -> None:
        self.asked: list[dict[str, Any]] = []
        self.shown: list[str] = []
        self._answers = list(answers)
        task = Mock(args=arguments, async_val=0, check_mode=False, diff=False)
        self.action = model_seed.ActionModule(task, Mock(), Mock(), Mock(), Mock(), Mock())
        monkeypatch.setattr(self.action, "_execute_module", self._module)
        monkeypatch.setattr(model_seed.display, "display", lambda line, **_: self.shown.append(line))
        monkeypatch.setattr(model_seed.ActionBase, "run", lambda *_: {})

    def _module(
        self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any], wrap_async: int
    ) -> dict[str, Any]:
        self.asked.append(dict(module_args))
        return dict(self._answers.pop(0))

    def run(self) -> dict[str, Any]:
        return self.action.run(task_vars={"inventory_hostname": "prod", "ansible_play_hosts": ["prod", "other"]})


def test_followed_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(monkeypatch, STARTED, FOLLOWED, ENDED, volume="models")
    result = play.run()
    assert (result["changed"], result["seeding"]) == (True, False)
    assert [asked.get("followed") for asked in play.asked] == [None, {"models": "u"}, {"models": "u"}]
    assert play.shown == ["prod: Job j starts", "prod: waiting: site x"]


def test_an_unchanged_run_is_one_module_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(monkeypatch, ENDED)
    assert play.run() == ENDED
    assert play.shown == []


def test_a_failure_ends_it_and_keeps_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    result = Play(monkeypatch, STARTED, {"failed": True, "msg": "disk full"}).run()
    assert (result["failed"], result["changed"], result["msg"]) == (True, True, "disk full")


@pytest.mark.parametrize("wait", [False, "no", "False"])
def test_without_wait_the_job_is_left_to_itself(monkeypatch: pytest.MonkeyPatch, wait: Any) -> None:
    assert Play(monkeypatch, STARTED, wait=wait).run()["seeding"]


def test_wait_timeout_says_that_the_job_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    result = Play(monkeypatch, STARTED, wait_timeout=-1).run()
    assert result["failed"]
    assert "Job j still works after wait_timeout; it goes on by itself" in result["msg"]
    waits = Play(monkeypatch, {**FOLLOWED, "job": ""}, wait_timeout=-1).run()
    assert waits["msg"].startswith("No Job was started within wait_timeout: site x. Run again")


def test_a_terminal_of_one_cluster_redraws_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Play(monkeypatch, STARTED, ENDED)
    monkeypatch.setattr(model_seed.sys.stdout, "isatty", lambda: True, raising=False)
    play.action.run(task_vars={"inventory_hostname": "prod", "ansible_play_hosts": ["prod"]})
    assert play.shown == ["\r\x1b[Kprod: Job j starts"]
    assert [asked["follow_seconds"] for asked in play.asked] == [0, model_seed.TERMINAL_SECONDS]
