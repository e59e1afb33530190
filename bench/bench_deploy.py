"""What unchanged runs cost: the deployment with 1, 100 and 1,000 simulated nodes, and the playbooks that only look."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from typing import Any

from figures import Figure, save
from lab_run import BUILD, judge, lab, playbook

NODES = (1, 100, 1000)
OTHERS = ("preflight", "seed", "verify", "audit")
COMMAND = "make bench"


@dataclass(frozen=True)
class Run:
    """One deployment: wall seconds, module executions, changed results, and requests by verb."""

    seconds: float
    executions: int
    changed: int
    requests: dict[str, int]
    writes: int


def deploy(name: str = "deploy") -> Run:
    """Run a playbook and judge it by the audit log."""
    mark = judge("mark")
    started = time.monotonic()
    changed, stages = playbook(name, BUILD / f"bench-{name}.json")
    seconds = time.monotonic() - started
    judged: dict[str, Any] = json.loads(judge("since", mark, "--json"))
    executions = sum(stage["module_executions"] for stage in stages)
    return Run(seconds, executions, changed, judged["verbs"], judged["writes"])


def unchanged(nodes: int) -> Run:
    """The better of two unchanged runs with so many simulated nodes, since the machine is shared."""
    lab("lab", "nodes", "--count", str(nodes))
    return min((deploy(), deploy()), key=lambda run: run.seconds)


def main() -> int:
    """Deploy once, then measure unchanged runs; the simulated nodes are removed again."""
    first = deploy()
    figures = [Figure("first", "deployment that may have work to do", round(first.seconds, 1), "s", "-", None)]
    try:
        runs = {nodes: unchanged(nodes) for nodes in NODES}
    finally:
        lab("lab", "nodes", "--count", "0")
    for name in OTHERS:
        run, what = deploy(name), f"unchanged {name}"
        figures += [
            Figure(f"{name}-seconds", what, round(run.seconds, 1), "s", "<= 10.0 s", run.seconds <= 10),
            Figure(f"{name}-modules", what, run.executions, "executions", "<= 15", run.executions <= 15),
            Figure(f"{name}-writes", what, run.writes, "write requests", "0", run.writes == 0),
        ]
    base = runs[NODES[0]]
    goals = {1: 10.0, 100: base.seconds + 2, 1000: base.seconds + 10}
    for nodes, run in runs.items():
        goal = f"<= {goals[nodes]:.1f} s" + (
            "" if nodes == 1 else f" ({NODES[0]} node + {2 if nodes == 100 else 10} s)"
        )
        what = f"unchanged deployment, {nodes} simulated nodes"
        requests = dict(sorted(run.requests.items()))
        figures += [
            Figure(f"unchanged-{nodes}-seconds", what, round(run.seconds, 1), "s", goal, run.seconds <= goals[nodes]),
            Figure(f"unchanged-{nodes}-modules", what, run.executions, "executions", "<= 15", run.executions <= 15),
            Figure(f"unchanged-{nodes}-writes", what, run.writes, "write requests", "0", run.writes == 0),
            Figure(
                f"unchanged-{nodes}-requests",
                f"{what}: {json.dumps(requests)}",
                sum(requests.values()),
                "requests",
                "-",
                None,
                command=COMMAND,
            ),
        ]
    print(save("deploy", figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
