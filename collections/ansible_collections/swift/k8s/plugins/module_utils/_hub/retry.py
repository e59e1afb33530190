# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How often and how long to try again. Only attempts that brought nothing count against the budget."""

from __future__ import annotations

import email.utils
import time
from typing import Callable, NamedTuple, TypeVar

from .errors import HubError

Answer = TypeVar("Answer")

#: a hub that asks for more patience than this is refused instead
LONGEST_WAIT = 900.0


def _nobody(_error: HubError, _pause: float) -> None:
    """Nobody listens."""


class Policy(NamedTuple):
    """`noted` hears of each wait before it begins; `sleep` may end early by raising."""

    attempts: int = 8
    first_pause: float = 0.5
    longest_pause: float = 30.0
    noted: Callable[[HubError, float], None] = _nobody
    sleep: Callable[[float], None] = time.sleep


class Budget:
    """The attempts left for one file or one request."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.failures = 0

    def pause_after(self, error: HubError, progressed: bool = False) -> float:
        """Seconds to wait before the next attempt; raises the error when there is none."""
        if not error.retryable:
            raise error
        self.failures = 0 if progressed else self.failures + 1
        if self.failures >= self._policy.attempts:
            raise error
        if error.retry_after is not None:
            if error.retry_after > LONGEST_WAIT:
                raise error
            return max(0.0, error.retry_after)
        doubled = self._policy.first_pause * 2.0 ** min(max(self.failures - 1, 0), 16)
        return min(doubled, self._policy.longest_pause)


def retried(call: Callable[[], Answer], policy: Policy) -> Answer:
    """The answer of `call`, tried again as the policy allows."""
    budget = Budget(policy)

    def tried() -> tuple[Answer] | None:
        try:
            return (call(),)
        except HubError as error:
            pause = budget.pause_after(error)
            policy.noted(error, pause)
        policy.sleep(pause)
        return None

    while True:
        answer = tried()
        if answer:
            return answer[0]


def retry_after(value: str, now: float) -> float | None:
    """Seconds meant by a Retry-After header: a number or a date; None when absent or unreadable."""
    text = value.strip()
    if not text:
        return None
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError):
        return None
