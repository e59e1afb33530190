"""What runs in a lab."""

from __future__ import annotations

from collections.abc import Iterator

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
    problems = unhealthy(paths, state)
    # At once: a reader that has seen enough, such as head, closes the pipe between two lines.
    verdict = "not healthy" if problems else "healthy"
    print("\n".join([*_lines(paths, state), *(f"  problem: {problem}" for problem in problems), verdict]))
    return 1 if problems else 0


def _lines(paths: Paths, state: State) -> Iterator[str]:
    yield f"lab {paths.name!r}: {describe(paths, state)}"
    for name, port in state.ports.items():
        yield f"  {name:28} 127.0.0.1:{port}"
    yield from _services("lab", control.call(paths.control, "status")["services"], str(paths.log))
    for node in state.nodes:
        socket = paths.node(node) / "init.sock"
        if control.alive(socket):
            yield from _services(node, control.call(socket, "status")["services"], str(paths.node(node)))


def _services(owner: str, rows: dict[str, dict[str, int | bool | None]], logs: str) -> Iterator[str]:
    for name, row in sorted(rows.items()):
        doing = f"pid {row['pid']}" if row["pid"] else ("starting" if row["wanted"] else "stopped")
        yield f"  {owner + '/' + name:28} {doing:12} starts {row['starts']}  {logs}/{name}.log"
