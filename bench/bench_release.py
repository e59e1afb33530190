"""What an unchanged release costs, beside kubernetes.core.helm in the same run; and twenty releases in one execution.

Each task is timed as one module execution: a playbook with it, less an empty playbook, the best of a few rounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from figures import Figure, save
from lab.console import Console
from lab.paths import cache_root
from lab.pieces import builder, catalogue
from lab_run import BUILD, CHECKOUT, kubeconfig

CHART = CHECKOUT / "collections/ansible_collections/swift/k8s/tests/unit/plugins/module_utils/_release/chart"
COMMAND = "make bench-release"
ROUNDS = 5
VALUES = {"replicas": 0}
Task = dict[str, Any]


def play(task: Task | None, plugins: Path | None = None) -> tuple[float, str]:
    """Seconds and output of a playbook with one task, or with none; plugins: Helm's."""
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task] if task else []}
    play["vars"] = {"ansible_python_interpreter": sys.executable}
    path = BUILD / f"bench-release-{uuid.uuid4().hex[:6]}.json"
    path.write_text(json.dumps([play]), encoding="utf-8")
    started = time.monotonic()
    command = ["ansible-playbook", "-i", "localhost,", "-v", str(path)]
    settings = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
    settings["HELM_PLUGINS"] = str(plugins or "/nonexistent")
    done = subprocess.run(command, check=False, cwd=CHECKOUT, env=settings, stdout=subprocess.PIPE, text=True)
    seconds = time.monotonic() - started
    path.unlink()
    if done.returncode:
        raise SystemExit(f"the measured task failed: {done.stdout[-2000:]}")
    return seconds, done.stdout


def ours(namespace: str, count: int, state: str = "present") -> Task:
    """One task with so many releases."""
    releases = [{"name": f"bench-{number}", "state": state} for number in range(count)]
    common = {"namespace": namespace, "chart": str(CHART), "values": VALUES, "create_namespace": True}
    return {"swift.k8s.release": {"kubeconfig": kubeconfig(), "releases": releases, **common}}


def theirs(namespace: str) -> Task:
    """The same release by kubernetes.core.helm."""
    options = {"name": "peer", "release_namespace": namespace, "chart_ref": str(CHART), "values": VALUES}
    return {"kubernetes.core.helm": {"kubeconfig": kubeconfig(), "create_namespace": True, **options}}


def measure(tasks: dict[str, tuple[Task | None, Path | None]]) -> dict[str, float]:
    """The best seconds of each task, in rounds of all, since the machine is shared."""
    rounds = [{name: play(*task)[0] for name, task in tasks.items()} for _round in range(ROUNDS)]
    return {name: min(one[name] for one in rounds) for name in tasks}


def with_diff() -> Path:
    """Helm's plugins with helm-diff among them, compiled once; kubernetes.core.helm compares by it where it is."""
    binary = builder.build([catalogue.helm_diff()], cache_root() / "bin", Console(quiet=True))["helm-diff"]
    folder = BUILD / "helm-plugins" / "diff"
    folder.mkdir(parents=True, exist_ok=True)
    about = {"name": "diff", "version": "3.9.11", "usage": "diff", "description": "diff", "command": str(binary)}
    (folder / "plugin.yaml").write_text(json.dumps(about), encoding="utf-8")
    return folder.parent


def figures(namespace: str) -> list[Figure]:
    """Install once, then measure runs that find nothing to do."""
    for task in (ours(namespace, 20), theirs(namespace)):
        play(task)
    walls = measure(
        {
            "empty": (None, None),
            "one": (ours(namespace, 1), None),
            "twenty": (ours(namespace, 20), None),
            "plain": (theirs(namespace), None),
            "diff": (theirs(namespace), with_diff()),
        }
    )
    one, twenty, plain, peer = (walls[name] - walls["empty"] for name in ("one", "twenty", "plain", "diff"))
    output = play(ours(namespace, 20))[1]
    result = json.JSONDecoder().raw_decode(output, output.index("{", output.index("=> ")))[0]
    peers = {"kubernetes.core.helm with helm-diff": round(peer, 2), "without": round(plain, 2)}
    return [
        Figure(
            "unchanged-1",
            "unchanged release",
            round(one, 2),
            "s",
            "<= 1/3 of the peer with helm-diff",
            one <= peer / 3,
            peers,
            COMMAND,
        ),
        Figure("unchanged-20", "20 unchanged releases, one task", round(twenty, 2), "s", "<= 3 s", twenty <= 3),
        Figure(
            "helm",
            "helm processes of 20 unchanged releases",
            result["helm_processes"],
            "processes",
            "0",
            not result["helm_processes"],
        ),
        Figure(
            "requests", "API requests of 20 unchanged releases", sum(result["requests"].values()), "requests", "-", None
        ),
        Figure(
            "changed",
            "20 unchanged releases that report a change",
            int(result["changed"]),
            "tasks",
            "0",
            not result["changed"],
        ),
    ]


def main() -> int:
    """Measure in a namespace of its own and remove it again."""
    Path(BUILD).mkdir(exist_ok=True)
    namespace = f"bench-{uuid.uuid4().hex[:6]}"
    try:
        print(save("release", figures(namespace)))
    finally:
        absent = {"api_version": "v1", "kind": "Namespace", "name": namespace, "state": "absent"}
        play({"kubernetes.core.k8s": {"kubeconfig": kubeconfig(), **absent}})
    return 0


if __name__ == "__main__":
    sys.exit(main())
