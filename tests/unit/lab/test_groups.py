"""LeaderWorkerSet on the lab: `up` returns when groups can be made, not before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from lab import groups


def test_up_waits_for_the_webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    #: no definition yet, then no webhook yet, then a group that would be made
    answers = iter([404, 500, 201])

    class Api:
        def __init__(self, *_: object) -> None:
            pass

        def request(self, method: str, path: str, body: Any) -> tuple[int, Any]:
            asked.append((method, path))
            return next(answers), {}

    ready: Any = SimpleNamespace(ports={"api": 1}, pki=None, bin=None, registry=None)
    monkeypatch.setattr(groups, "Api", Api)
    monkeypatch.setattr(groups, "running", lambda _paths: ready)
    monkeypatch.setattr(groups, "build", lambda *_: {groups.PROGRAM: None, groups.MANIFESTS: None})
    monkeypatch.setattr(groups, "addon", SimpleNamespace(image=lambda *_: None, apply=lambda _: None))
    for name in ("save", "publish", "saved_images", "kubectl"):
        monkeypatch.setattr(groups, name, lambda *_: None)
    groups.up(ready, ready)
    assert asked == [("POST", groups.TRIAL_PATH)] * 3
    assert next(answers, None) is None
