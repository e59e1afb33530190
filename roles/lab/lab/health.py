"""Whether a lab is healthy, and one line about it."""

from __future__ import annotations

from . import control
from .api import Api
from .paths import Paths
from .readiness import node_ready
from .state import State


def unhealthy(paths: Paths, state: State) -> list[str]:
    """What is wrong; empty when all is well. Quick enough for every `up`."""
    if not state.ready:
        return ["it is being started, or its start was cut off"]
    problems = []
    for name, row in control.call(paths.control, "status")["services"].items():
        if row["pid"] is None:
            problems.append(f"{name} does not run (log {paths.log / name}.log)")
    api = Api(state.ports["api"], paths.pki)
    try:
        if not api.ready():
            return [*problems, "the API server is not ready"]
        problems += [f"node {name} is not Ready" for name in state.nodes if not node_ready(api, name)]
    finally:
        api.close()
    return problems


def describe(paths: Paths, state: State) -> str:
    """Where to reach it."""
    return f"API https://127.0.0.1:{state.ports['api']}, KUBECONFIG={paths.build / 'kubeconfig'}"
