"""Kill runs at random moments of install, upgrade and rollback: one rerun has to converge, and no caller may notice.

    python bench/chaos_release.py [--trials 30] [--seed N]     a campaign; prints the seed of every trial
    python bench/chaos_release.py --replay SEED                one trial again

SIGKILL goes to the ansible side (ansible-playbook, its workers, the module), to helm, or to both.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.swift.k8s.plugins.module_utils._release import info
from figures import Figure, save
from lab_run import BUILD, CHECKOUT, kubeconfig
from service_site import CHART, VALUES, Site

OPERATIONS = ("install", "upgrade", "rollback")
VICTIMS = ("ansible", "helm", "both")
#: Seconds after the start in which the moment lies: of a run that waits for pods, and of helm's part in it.
SPAN, HELM_SPAN = (0.3, 9.0), (0.3, 4.0)
RERUN_SECONDS = 240
#: A release that was left pending is taken over when nothing has moved for so long; an operator's rerun comes later.
STUCK_AFTER = 3
#: Temporary files of runs that cannot remove them any more.
LEFT = BUILD / "chaos-left"
FAST: dict[str, Any] = {
    **VALUES,
    "accelerator": {"vendor": "cpu"},
    "drainSeconds": 3,
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}},
}
RATE = 10


@dataclass(frozen=True)
class Trial:
    """What is killed, in the middle of what, and when; all of it follows from the seed."""

    seed: int
    operation: str
    victim: str
    moment: float

    @classmethod
    def of(cls, seed: int) -> Trial:
        chance = random.Random(seed)
        operation, victim = chance.choice(OPERATIONS), chance.choice(VICTIMS)
        return cls(seed, operation, victim, round(chance.uniform(*(HELM_SPAN if victim == "helm" else SPAN)), 2))

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.operation}, {self.victim} killed at {self.moment} s"


def task(site: Site, **options: Any) -> dict[str, Any]:
    """The release task of a playbook."""
    common = {"namespace": site.namespace, "chart": str(CHART), "repair_stuck": True, "stuck_after": STUCK_AFTER}
    return {"swift.k8s.release": {"kubeconfig": kubeconfig(), **common, **options}}


def wished(site: Site, round_: str, name: str = "app", **options: Any) -> dict[str, Any]:
    values = {**FAST, "env": {**VALUES["env"], "LAB_ENGINE_ANSWER_SECONDS": "0.2", "ROUND": round_}}
    return task(site, name=name, values=values, **options)


def start(play: dict[str, Any]) -> subprocess.Popen[str]:
    """ansible-playbook with one task, in a session of its own."""
    path = BUILD / "chaos-release.json"
    LEFT.mkdir(exist_ok=True)
    settings = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [play]}
    path.write_text(json.dumps([{**settings, "vars": {"ansible_python_interpreter": sys.executable}}]))
    return subprocess.Popen(
        ["ansible-playbook", "-i", "localhost,", str(path)],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "TMPDIR": str(LEFT),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def tree(pid: int) -> Iterator[int]:
    """The process and all that descend from it."""
    yield pid
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = thread.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from tree(int(child))


def is_helm(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].endswith(b"helm")
    except OSError:
        return False


def kill(run: subprocess.Popen[str], victim: str) -> bool:
    """One attempt; False while there is no such process."""
    processes = list(tree(run.pid))
    helms = [pid for pid in processes if is_helm(pid)]
    doomed = helms if victim == "helm" else [pid for pid in processes if victim == "both" or pid not in helms]
    for pid in doomed:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(doomed)


def interrupted(play: dict[str, Any], trial: Trial) -> tuple[bool, str]:
    """Start, wait for the moment, kill. Whether something was hit, and what the run said if it could."""
    started, run, hit = time.monotonic(), start(play), False
    while run.poll() is None and not hit:
        if time.monotonic() - started >= trial.moment:
            hit = kill(run, trial.victim)
        time.sleep(0.01)
    text, _ = run.communicate(timeout=RERUN_SECONDS)
    return hit, text


class Campaign:
    """One namespace: release app answers all the time, release fresh is installed again and again."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._round = 0
        self._served: list[str] = []  # the rounds of app's ready revisions, oldest first

    def prepare(self) -> None:
        """Two revisions that were ready, and callers."""
        for _revision in range(2):
            self._finish(self._next())
        self._site.start_callers(rate=RATE)

    def run(self, trial: Trial) -> dict[str, Any]:
        """One trial; the problems found, none at best."""
        play, name, wanted = self._play(trial)
        with self._site.watched() as seen:
            hit, _said = interrupted(play, trial)
            state = self._status(name)
            time.sleep(STUCK_AFTER + 1)
            started = time.monotonic()
            problems = self._finish(play, must=False)
            seconds = time.monotonic() - started
            problems += self._judged(name, wanted)
        problems += [f"{seen[0].failed} requests failed: {dict(seen[0].failures)}"] if seen[0].failed else []
        if name == "fresh":
            self._finish(task(self._site, name="fresh", state="absent", keep_volumes=False))
        elif trial.operation == "rollback":
            self._finish(self._next())
        return {
            "trial": str(trial),
            "hit": hit,
            "left": state,
            "rerun_seconds": round(seconds, 1),
            "requests": seen[0].sent,
            "problems": problems,
        }

    def _play(self, trial: Trial) -> tuple[dict[str, Any], str, str]:
        if trial.operation == "install":
            self._round += 1
            return wished(self._site, str(self._round), "fresh"), "fresh", str(self._round)
        if trial.operation == "upgrade":
            play = self._next()
            return play, "app", str(self._round)
        self._served.append(self._served[-2])
        return task(self._site, name="app", state="rolled_back"), "app", self._served[-1]

    def _next(self) -> dict[str, Any]:
        self._round += 1
        self._served.append(str(self._round))
        return wished(self._site, str(self._round), create_namespace=True)

    def _finish(self, play: dict[str, Any], must: bool = True) -> list[str]:
        """Run a playbook undisturbed."""
        run = start(play)
        text, _ = run.communicate(timeout=RERUN_SECONDS)
        if run.returncode and must:
            raise SystemExit(f"an undisturbed run failed: {text[-3000:]}")
        return [f"the rerun failed: {text[-1500:]}"] if run.returncode else []

    def _newest(self, name: str) -> dict[str, Any]:
        found = info.releases(self._site.cluster, self._site.namespace, [name], True, False)
        return dict(found[0]) if found else {}

    def _status(self, name: str) -> str:
        newest = self._newest(name)
        return f"revision {newest['revision']} {newest['status']}" if newest else "no record"

    def _judged(self, name: str, wanted: str) -> list[str]:
        """What is not as it should be after the rerun."""
        newest = self._newest(name)
        if newest.get("status") != "deployed":
            return [f"{name} is {newest.get('status', 'not there')}"]
        live = self._site.cluster.get("apps/v1", "Deployment", f"{name}-ms-swift", self._site.namespace) or {}
        containers = live["spec"]["template"]["spec"]["containers"]
        rounds = [one["value"] for one in containers[0]["env"] if one["name"] == "ROUND"]
        ready = live["status"].get("availableReplicas", 0)
        problems = [f"drift: {newest['drift']}"] if newest["drift"] else []
        problems += [f"round {rounds} serves, not {wanted}"] if rounds != [wanted] else []
        return problems + ([f"{ready} pods are available"] if ready < live["spec"]["replicas"] else [])


def report(results: list[dict[str, Any]]) -> list[Figure]:
    hits = sum(result["hit"] for result in results)
    good = sum(not result["problems"] for result in results)
    what = f"trials of {len(results)} ({hits} killed something) in which one rerun converged and no request failed"
    goal = "all"
    return [
        Figure("converged", what, good, "trials", goal, good == len(results), command="make chaos-release"),
        Figure(
            "requests", "requests during them", sum(result["requests"] for result in results), "requests", "-", None
        ),
    ]


def main() -> int:
    """The campaign in a namespace of its own; 0 when every trial converged."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seed", type=int, default=None, help="of the campaign")
    parser.add_argument("--replay", type=int, default=None, metavar="SEED", help="of one trial")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    seeds = [options.replay] if options.replay is not None else range(seed * 1000, seed * 1000 + options.trials)
    BUILD.mkdir(exist_ok=True)
    site = Site()
    results = []
    try:
        campaign = Campaign(site)
        campaign.prepare()
        for number, one in enumerate(seeds, 1):
            results.append(campaign.run(Trial.of(one)))
            print(f"{number}/{len(seeds)} {json.dumps(results[-1])}", flush=True)
    finally:
        site.close()
        shutil.rmtree(LEFT, ignore_errors=True)
    bad = [result for result in results if result["problems"]]
    for result in bad:
        print(f"FAILED {result['trial']}: {'; '.join(result['problems'])}")
    if options.replay is None:
        print(save("chaos-release", report(results)))
    print(f"chaos-release: {len(results) - len(bad)} of {len(results)} converged with one rerun; campaign seed {seed}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
