"""The one exception that people see."""

from __future__ import annotations


class LabError(Exception):
    """What is wrong (noun, value) and what to do next."""

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(f"{problem}. Next: {next_step}.")
        self.problem = problem
        self.next_step = next_step
