"""What an unchanged device stage and the preflight cost, with the real nodes alone and with a zoo of 1,000 nodes.

The zoo has nodes of every kind, healthy and not, the pods of the plugins that own them, and a release is wished that
old drivers and old cards cannot run: preflight finds a lot, and is told not to stop.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

from figures import Figure, save
from lab_run import BUILD, judge, lab, playbook

NODES = (0, 1000)
ROUNDS = 2
#: What a thousand nodes more may add to the device stage.
MORE_SECONDS = 3
STAGES = "preflight,device_plugin"
COMMAND = "python bench/bench_devices.py"
RELEASE = {
    "name": "qwen",
    "values": {
        "accelerator": {"vendor": "nvidia", "count": 2},
        "image": {"repository": "lab.registry/ms-swift", "tag": "cuda13.0.3-swift4.4.3"},
        # Simulated nodes are tainted.
        "tolerations": [{"operator": "Exists"}],
    },
}
WISHES = {
    "preflight_fail_on": "never",
    "preflight_silence": [{"id": "image-missing", "reason": "the bench deploys no release"}],
    "ms_swift_releases": [RELEASE],
}


@dataclass(frozen=True)
class Run:
    """Seconds of the two stages, module executions of the device stage, and writes of both."""

    preflight: float
    devices: float
    executions: int
    writes: int


def once() -> Run:
    """One unchanged run, judged by the audit log."""
    mark = judge("mark")
    _changed, found = playbook("deploy", BUILD / "bench-devices.json", "-t", STAGES, "-e", json.dumps(WISHES))
    stages: dict[str, dict[str, Any]] = {stage["stage"]: stage for stage in found}
    judged: dict[str, Any] = json.loads(judge("since", mark, "--json"))
    devices = stages["device_plugin"]
    return Run(stages["preflight"]["seconds"], devices["seconds"], devices["module_executions"], judged["writes"])


def best(nodes: int) -> Run:
    """The quickest of a few runs, since the machine is shared."""
    if nodes:
        lab("lab", "nodes", "--zoo", str(nodes))
    return min((once() for _round in range(ROUNDS)), key=lambda run: run.preflight + run.devices)


def figures(nodes: int, run: Run, few: Run) -> list[Figure]:
    """The figures of one size of cluster beside their goals."""
    what = f"{nodes} nodes of the zoo (the better of {ROUNDS} runs)"
    limit = 5.0 if nodes else 3.0
    more = few.devices + MORE_SECONDS
    return [
        Figure(
            f"preflight-{nodes}-seconds",
            f"preflight, {what}",
            round(run.preflight, 1),
            "s",
            f"<= {limit:.0f} s",
            run.preflight <= limit,
            command=COMMAND,
        ),
        Figure(
            f"devices-{nodes}-seconds",
            f"unchanged device stage, {what}",
            round(run.devices, 1),
            "s",
            f"<= {more:.1f} s" if nodes else "-",
            run.devices <= more if nodes else None,
            command=COMMAND,
        ),
        Figure(
            f"devices-{nodes}-modules",
            f"unchanged device stage, {what}: module executions",
            run.executions,
            "executions",
            "<= 4",
            run.executions <= 4,
            command=COMMAND,
        ),
        Figure(
            f"devices-{nodes}-writes",
            f"preflight and unchanged device stage, {what}: write requests",
            run.writes,
            "write requests",
            "0",
            run.writes == 0,
            command=COMMAND,
        ),
    ]


def main() -> int:
    """Install once, then measure unchanged runs; zoo and plugins are removed again."""
    playbook("deploy", BUILD / "bench-devices.json", "-t", STAGES)
    try:
        runs = {nodes: best(nodes) for nodes in NODES}
    finally:
        lab("lab", "nodes", "--no-zoo")
        playbook("deploy", BUILD / "bench-devices.json", "-t", "device_plugin", "-e", "device_plugin_state=absent")
    print(save("devices", [figure for nodes, run in runs.items() for figure in figures(nodes, run, runs[NODES[0]])]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
