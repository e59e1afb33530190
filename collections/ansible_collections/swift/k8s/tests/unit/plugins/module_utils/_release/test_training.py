# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A training's pods tell how far it is; whoever waits for its Job is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Forbidden
from ansible_collections.swift.k8s.plugins.module_utils._release import training, wait
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RolloutError
from ansible_collections.swift.k8s.plugins.module_utils._release.objects import Key

from .fakes import FakeCluster

KEY = Key("batch/v1", "Job", "team", "sft")
RECORD = {"event": "progress", "loss": 1.25, "global_step/max_steps": "3/5", "remaining_time": "20s"}


def pod(name: str = "sft-x", ready: str = "True", container: str = "engine") -> dict[str, Any]:
    status = {"conditions": [{"type": "Ready", "status": ready}]}
    metadata = {"name": name, "namespace": "team", "labels": {"job": "sft"}}
    spec = {"nodeName": "a", "containers": [{"name": container}]}
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], ""),
        (["launch: resuming", '{"event": "other", "iteration": "1/2"}', '{"cut off'], ""),
        ([json.dumps(RECORD), "a word of torch"], "step 3/5, loss 1.25, 20s left"),
        ([json.dumps(RECORD), json.dumps({**RECORD, "global_step/max_steps": "4/5", "loss": 1})], "step 4/5, loss 1"),
        (['{"event": "progress", "iteration": "7/9"}', "[1]"], "step 7/9"),
    ],
)
def test_last(lines: list[str], words: str) -> None:
    assert training.last("\n".join(lines)).startswith(words)
    assert bool(training.last("\n".join(lines))) == bool(words)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (pod(), True),
        (pod(ready="False"), False),
        (pod(container="model"), False),
    ],
)
def test_only_a_running_engine_is_asked(monkeypatch: pytest.MonkeyPatch, found: dict[str, Any], wanted: bool) -> None:
    cluster: Any = FakeCluster()
    monkeypatch.setattr(cluster, "logs", lambda *_, **__: json.dumps(RECORD), raising=False)
    assert bool(training.told(cluster, KEY, [found])) == wanted
    assert not training.told(cluster, Key("apps/v1", "Deployment", "team", "sft"), [found])


def test_a_log_that_may_not_be_read_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise Forbidden("pods/log")

    cluster: Any = FakeCluster()
    monkeypatch.setattr(cluster, "logs", refuse, raising=False)
    assert not training.told(cluster, KEY, [pod()])


def test_who_waits_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster: Any = FakeCluster()
    cluster.broken = [pod()]
    monkeypatch.setattr(cluster, "logs", lambda *_, **__: json.dumps(RECORD), raising=False)
    selector = {"selector": {"matchLabels": {"job": "sft"}}}
    cluster.put({"kind": "Job", "metadata": {"name": "sft", "namespace": "team"}, "spec": selector})
    cluster.at("Job", "sft")["status"] = {"ready": 1}
    said: list[str] = []
    with pytest.raises(RolloutError):
        wait.Waiter(cluster, said.append, interval=0.0).wait("team/sft", {KEY: {}}, -0.1, wait_for_jobs=True)
    assert said == ["team/sft: 0 s: Job sft ready 0/1; step 3/5, loss 1.25, 20s left"]
