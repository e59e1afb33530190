"""The lab that is up."""

from __future__ import annotations

from .control import alive
from .errors import LabError
from .paths import Paths
from .state import State


def running(paths: Paths) -> State:
    """The running lab's state. Raises LabError with the next step where it is not up."""
    state = State.load(paths)
    if state is None or not alive(paths.control):
        raise LabError(f"lab {paths.name!r} is not up", "`python -m lab up` (make lab-up)")
    return state
