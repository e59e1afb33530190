# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Only attempts without progress count; a hub's wish to wait is obeyed, within reason."""

from __future__ import annotations

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import Busy, Cut, HubError, NotFound
from ansible_collections.swift.k8s.plugins.module_utils._hub.retry import Budget, Policy, retried, retry_after

POLICY = Policy(attempts=3, first_pause=1.0, longest_pause=3.0)


def test_pauses_double_up_to_a_longest_one_and_end_with_the_error() -> None:
    budget = Budget(POLICY._replace(attempts=5))
    assert [budget.pause_after(Cut("x")) for _time in range(4)] == [1.0, 2.0, 3.0, 3.0]
    with pytest.raises(Cut):
        budget.pause_after(Cut("x"))


def test_progress_starts_the_budget_anew() -> None:
    budget = Budget(POLICY)
    for _time in range(100):
        assert budget.pause_after(Cut("x"), progressed=True) == 1.0
    budget.pause_after(Cut("x"))
    budget.pause_after(Cut("x"))
    with pytest.raises(Cut):
        budget.pause_after(Cut("x"))


def test_what_cannot_get_better_is_not_tried_again() -> None:
    with pytest.raises(NotFound):
        Budget(POLICY).pause_after(NotFound("x"))


def test_retry_after_wins_over_our_own_pause() -> None:
    assert Budget(POLICY).pause_after(Busy("x", retry_after=7.0)) == 7.0


def test_a_hub_that_wants_an_hour_is_refused() -> None:
    with pytest.raises(Busy):
        Budget(POLICY).pause_after(Busy("x", retry_after=3600.0))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("3", 3.0),
        (" 3 ", 3.0),
        ("soon", None),
        ("²", None),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
    ],
)
def test_retry_after_header(value: str, seconds: float | None) -> None:
    assert retry_after(value, now=10.0) == seconds


def test_retried_returns_the_first_answer() -> None:
    answers: list[HubError | str] = [Busy("x", retry_after=5.0), Cut("y"), "yes"]
    slept: list[float] = []
    heard: list[str] = []
    policy = POLICY._replace(sleep=slept.append, noted=lambda error, _pause: heard.append(error.message))

    def call() -> str:
        answer = answers.pop(0)
        if isinstance(answer, HubError):
            raise answer
        return answer

    assert retried(call, policy) == "yes"
    assert slept == [5.0, 2.0]
    assert heard == ["x", "y"]
