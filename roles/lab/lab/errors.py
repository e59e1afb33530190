"""The one exception that people see, and how a command ends with it or with Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Callable


class LabError(Exception):
    """What is wrong (noun, value) and what to do next."""

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(f"{problem}. Next: {next_step}.")
        self.problem = problem
        self.next_step = next_step


def outcome(act: Callable[[], int]) -> int:
    """The command's status; a LabError is one message and 1, Ctrl-C is one line and 130."""
    try:
        return act()
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
