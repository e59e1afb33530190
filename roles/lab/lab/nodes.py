"""The real nodes of a lab: one with simulated NVIDIA devices, one with Ascend, and more without if wished."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import LabError
from .node import Node

VARIABLE = "LAB_NODES"
FEWEST, MOST = 2, 8
DEVICES = (("nvidia", 4), ("ascend", 8))


def chosen(environment: Mapping[str, str]) -> tuple[Node, ...]:
    """As many as LAB_NODES says, else two."""
    text = environment.get(VARIABLE) or str(FEWEST)
    if not (text.isdigit() and FEWEST <= int(text) <= MOST):
        raise LabError(f"{VARIABLE}={text!r} is not a number of nodes", f"set one from {FEWEST} to {MOST}, or unset it")
    devices = [*DEVICES, *[("none", 0)] * (int(text) - len(DEVICES))]
    return tuple(Node(f"lab-{index}", index, vendor, count) for index, (vendor, count) in enumerate(devices))


def require(environment: Mapping[str, str], running: tuple[str, ...], again: str) -> None:
    """A lab that runs keeps its nodes: raise LabError where another number is asked for."""
    if environment.get(VARIABLE) and len(chosen(environment)) != len(running):
        wanted = environment[VARIABLE]
        raise LabError(f"the lab has {len(running)} nodes, and {VARIABLE}={wanted} asks for {wanted}", again)
