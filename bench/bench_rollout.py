"""What callers notice of rollouts: 20 requests a second with answers of 2 seconds, and no second try.

Upgrades with and without spare devices, one that fails and goes back by itself, the drain of a node, and blue/green.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Optional

from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RefusedError, RolloutError
from figures import Figure, save
from lab_run import BUILD, playbook
from service_site import ANSWER_SECONDS, MODEL, RATE, Site, Totals

COMMAND = "make bench-rollout"
DRAINED = "lab-1"
GPU = {"vendor": "nvidia", "count": 1}
SPREAD = [
    {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "DoNotSchedule",
        "nodeTaintsPolicy": "Honor",
        "labelSelector": {"matchLabels": {"app.kubernetes.io/instance": "app"}},
    }
]


def values(replicas: int, round_: str, **more: Any) -> dict[str, Any]:
    """The service with so many replicas; another round is another revision of its pods."""
    return {"accelerator": GPU, "replicaCount": replicas, "env": {"ROUND": round_}, **more}


class Rollouts:
    """Each method is one thing that happens while callers ask; it returns what the run said about it."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def surge(self) -> str:
        """Two replicas on four devices: a new pod comes up before an old one ends."""
        return self._upgrade(values(2, "surge"))

    def failed(self) -> str:
        """The new pods end at once; the module goes back."""
        try:
            self._upgrade(values(2, "failed", extraArgs={"adapters": "/nowhere"}))
        except RolloutError as error:
            if "rolled back to revision" in str(error):
                return str(error).splitlines()[0]
            raise
        raise SystemExit("the upgrade that cannot work was deployed")

    def fill(self) -> str:
        """Four replicas: no device is left."""
        return self._upgrade(values(4, "surge"))

    def waves(self) -> str:
        """All devices in use: replicas are replaced in place."""
        return self._upgrade(values(4, "waves"))

    def drain(self) -> str:
        """A node is emptied as its owner does it before maintenance."""
        kubectl("drain", DRAINED, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=180s")
        ready = self._site.release(self._cpu())  # an unchanged release; says at least that it is
        return f"after the drain: {ready['action']}"

    def spread(self) -> str:
        """Two replicas without devices, one a node."""
        return self._upgrade(self._cpu())

    def _cpu(self) -> dict[str, Any]:
        return values(2, "cpu", accelerator={"vendor": "cpu"}, topologySpreadConstraints=SPREAD)

    def _upgrade(self, wanted: dict[str, Any]) -> str:
        return "; ".join(self._site.release(wanted)["notes"])


class Colours:
    """The same of a pair of colours: two replicas on two of four devices, and room for two more."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def switch(self) -> str:
        """Blue/green: the new release comes up beside the old one, answers, and callers are led to it."""
        return self.send("two")

    def switch_back(self) -> str:
        """Blue/green: callers are led back to the colour that was kept."""
        return self.send("two", state="rolled_back")

    def switch_and_drop(self) -> str:
        """Blue/green: the old colour is removed right after the switch."""
        return self.send("three", keep_old=0)

    def refuse(self) -> str:
        """Three replicas beside two on four devices: what the refusal says."""
        try:
            return self.send("four", 3)
        except RefusedError as error:
            return str(error)

    def send(self, round_: str, replicas: int = 2, **options: Any) -> str:
        probe = {"checks": ["health", "models", "chat"], "model": MODEL.rpartition("/")[2]}
        wanted = {"strategy": "blue_green", "probe": probe, **options}
        done = self._site.release(values(replicas, round_), **wanted)
        return "; ".join([f"{done['colour']} serves", *done["notes"]])


def kubectl(*words: str) -> None:
    """The lab's kubectl."""
    facts = json.loads((BUILD / os.environ.get("LAB_NAME", "lab") / "lab.json").read_text(encoding="utf-8"))
    subprocess.run([facts["kubectl"], f"--kubeconfig={facts['kubeconfig']}", *words], check=True)


def watched(site: Site, what: Callable[[], str]) -> tuple[Totals, float, str]:
    """What callers saw of it, how long it took, and what was said."""
    started = time.monotonic()
    with site.watched() as seen:
        said = what()
        seconds = time.monotonic() - started
    print(f"{what.__name__}: {seconds:.0f} s, {seen[0]}: {said}", flush=True)
    return seen[0], seconds, said


Part = tuple[str, Callable[[], str], Optional[Callable[[], str]]]


def in_place(site: Site) -> list[Figure]:
    """One release, everything one after the other."""
    rollouts = Rollouts(site)
    site.release(values(2, "first"))
    site.start_callers()
    parts: list[Part] = [
        ("upgrade-surge", rollouts.surge, None),
        ("upgrade-failed", rollouts.failed, None),
        ("upgrade-waves", rollouts.waves, rollouts.fill),
        ("drain", rollouts.drain, rollouts.spread),
    ]
    return figures(site, parts)


def paired(site: Site) -> list[Figure]:
    """A pair of colours behind one Service."""
    colours = Colours(site)
    colours.send("one")
    site.start_callers("app")
    print(f"refused: {colours.refuse()}", flush=True)
    parts: list[Part] = [
        ("blue-green", colours.switch, None),
        ("blue-green-back", colours.switch_back, None),
        ("blue-green-drop", colours.switch_and_drop, None),
    ]
    return figures(site, parts)


def figures(site: Site, parts: list[Part]) -> list[Figure]:
    """Two figures a part: failed requests, and how long it took."""
    found = []
    for name, what, first in parts:
        if first:
            first()
        totals, seconds, said = watched(site, what)
        load = f"{totals.sent} sent at {RATE}/s, answers of {ANSWER_SECONDS} s"
        found += [
            Figure(
                f"{name}-failed",
                f"{what.__doc__} Failed requests ({load}, slowest {totals.slowest} s; {said or 'as the chart says'})",
                totals.failed,
                "requests",
                "0",
                totals.failed == 0,
                command=COMMAND,
            ),
            Figure(f"{name}-seconds", f"{name}: seconds", round(seconds, 1), "s", "-", None),
        ]
    return found


def main() -> int:
    """Bring the simulated devices, measure each kind in a namespace of its own, and remove it."""
    playbook("deploy", BUILD / "bench-rollout.json", "-t", "preflight,device_plugin")
    found: list[Figure] = []
    for kind in (paired, in_place):
        site = Site()
        try:
            found += kind(site)
        finally:
            kubectl("uncordon", DRAINED)
            site.close()
    print(save("rollout", found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
