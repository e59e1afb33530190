"""What runs in a lab."""

from __future__ import annotations

from . import control
from .health import describe, unhealthy
from .paths import Paths
from .state import State


def show(paths: Paths) -> int:
    """Print services, nodes and health; 0 when healthy, 3 when not up, 1 when unhealthy."""
    state = State.load(paths)
    if state is None or not control.alive(paths.control):
        remains = ", but it left remains: `python -m lab down` removes them" if paths.run.exists() else ""
        print(f"lab {paths.name!r} is not up{remains}")
        return 3
    print(f"lab {paths.name!r}: {describe(paths, state)}")
    for name, port in state.ports.items():
        print(f"  {name:28} 127.0.0.1:{port}")
    _services("lab", control.call(paths.control, "status")["services"], str(paths.log))
    for node in state.nodes:
        socket = paths.node(node) / "init.sock"
        if control.alive(socket):
            _services(node, control.call(socket, "status")["services"], str(paths.node(node)))
    problems = unhealthy(paths, state)
    for problem in problems:
        print(f"  problem: {problem}")
    print("healthy" if not problems else "not healthy")
    return 1 if problems else 0


def _services(owner: str, rows: dict[str, dict[str, int | bool | None]], logs: str) -> None:
    for name, row in sorted(rows.items()):
        doing = f"pid {row['pid']}" if row["pid"] else ("starting" if row["wanted"] else "stopped")
        print(f"  {owner + '/' + name:28} {doing:12} starts {row['starts']}  {logs}/{name}.log")
