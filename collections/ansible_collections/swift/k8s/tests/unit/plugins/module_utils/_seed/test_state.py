"""How a Job stands, from what the API says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed import told
from ansible_collections.swift.k8s.plugins.module_utils._seed.show import show
from ansible_collections.swift.k8s.plugins.module_utils._seed.state import explain, judge

PROGRESS = {
    "event": "progress",
    "bytes": 50,
    "total_bytes": 100,
    "rate_bytes_per_second": 10,
    "limit_bytes_per_second": 20,
    "eta_seconds": 5,
    "model": "org/tiny",
    "file": "a",
}
ERROR = {"event": "error", "message": "the hub refuses org/tiny", "next_step": "Give a token"}


def job(*conditions: str, **more: Any) -> dict[str, Any]:
    listed = [{"type": name, "status": "True", "reason": "BackoffLimitExceeded", **more} for name in conditions]
    return {"metadata": {"name": "j"}, "status": {"conditions": listed}}


def pod(phase: str = "Running", name: str = "p", waiting: str = "", at: str = "1", **conditions: str) -> dict[str, Any]:
    status: dict[str, Any] = {"phase": phase}
    if waiting:
        status["containerStatuses"] = [{"state": {"waiting": {"reason": waiting, "message": "no such tag."}}}]
    status["conditions"] = [{"type": key, "status": "False", "message": text} for key, text in conditions.items()]
    return {"metadata": {"name": name, "creationTimestamp": at}, "status": status}


def log(*events: Any) -> str:
    return "\n".join(event if isinstance(event, str) else json.dumps(event) for event in events)


@pytest.mark.parametrize(
    ("its_job", "pods", "its_log", "phase", "reason"),
    [
        (None, [], "", "absent", ""),
        (job(), [], "", "waiting", ""),
        (job(), [pod("Pending")], "", "waiting", ""),
        (job(), [pod("Pending", PodScheduled="0/3 nodes")], "", "waiting", "pod p finds no node: 0/3 nodes"),
        (job(), [pod()], log(PROGRESS), "running", ""),
        (job("Complete"), [pod("Succeeded")], log({"event": "done"}), "done", ""),
        (job("Failed"), [pod("Failed")], log(PROGRESS, ERROR), "failed", "the hub refuses org/tiny. Give a token"),
        (
            job("Failed"),
            [pod("Failed")],
            "Traceback\nKeyError: 'x'",
            "failed",
            "its log ends: Traceback | KeyError: 'x'",
        ),
        (job("Failed", message="deadline"), [], "", "failed", "the Job failed: BackoffLimitExceeded: deadline."),
    ],
)
def test_states(its_job: Any, pods: list[dict[str, Any]], its_log: str, phase: str, reason: str) -> None:
    state = judge(its_job, pods, its_log)
    assert (state.phase, state.reason) == (phase, reason)


@pytest.mark.parametrize("waiting", ["ImagePullBackOff", "ErrImageNeverPull", "CreateContainerConfigError"])
def test_a_pod_that_can_never_start_fails_early(waiting: str) -> None:
    state = judge(job(), [pod("Pending", waiting=waiting)], "")
    assert state.phase == "failed"
    assert f"pod p cannot start ({waiting}: no such tag)" in state.reason


def test_the_newest_pod_speaks() -> None:
    assert judge(job(), [pod(name="old", at="1"), pod(name="new", at="2")], "").pod == "new"


@pytest.mark.parametrize(
    ("kind", "reason", "note"), [("Warning", "FailedMount: no", ""), ("Normal", "", "FailedMount: no"), (None, "", "")]
)
def test_a_waiting_job_is_explained_by_its_newest_event(kind: Any, reason: str, note: str) -> None:
    old = {"type": "Normal", "reason": "Scheduled", "message": "ok", "lastTimestamp": "1"}
    new = {"type": kind, "reason": "FailedMount", "message": "no\n", "eventTime": "2"}
    state = explain(judge(job(), [pod("Pending")], ""), [new, old] if kind else [])
    assert (state.reason, state.note) == (reason, note)
    running = judge(job(), [pod()], "")
    assert explain(running, [new]) == running


def test_lines_that_are_no_events_are_kept_for_people() -> None:
    found = told.read(log("plain", "[1]", '{"a": 1}', {"event": "warning", "model": "m", "message": "slow"}))
    assert found.notable == ("m: slow", "plain", "[1]", '{"a": 1}')
    assert told.failure(told.read("")) == "the engine ended without a word."


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"progress": PROGRESS}, "c: [############............]  50%"),
        ({"waiting": "site x is busy", "progress": PROGRESS}, "c: waiting: site x is busy"),
        ({"job": "j"}, "c: Job j starts"),
    ],
)
def test_shown_lines(result: dict[str, Any], words: str) -> None:
    assert show("c", result).startswith(words)
