"""What `make demo` runs on: the lab, or a cluster that exists already and that LAB_KUBECONFIG names."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._facts.gather import gather
from lab import judge as audit
from lab.cli import SETTLE
from lab_run import INVENTORY, RunError, judge, lab


class Ground(Protocol):
    """A cluster for the demo."""

    inventory: str

    def prepare(self) -> list[str]:
        """Make it ready; sentences that say what is skipped here, and why."""

    def mark(self) -> str:
        """This moment, for `writes`."""

    def writes(self, mark: str) -> int | None:
        """Write requests of ours since then; None where nobody can tell."""

    def farewell(self) -> list[str]:
        """How to look around, and how to remove it."""


class TheLab:
    """The cluster that this checkout starts."""

    inventory = INVENTORY

    def prepare(self) -> list[str]:
        """Start it, with the engine in its registry."""
        lab("lab", "up")
        lab("lab.engine", "publish")
        return []

    def mark(self) -> str:
        """This moment."""
        return judge("mark")

    def writes(self, mark: str) -> int | None:
        """What the audit log says."""
        return int(json.loads(judge("since", mark, "--json"))["writes"])

    def farewell(self) -> list[str]:
        """How to look around, and how to remove it."""
        name = os.environ.get("LAB_NAME", "lab")
        named = "" if name == "lab" else f"LAB_NAME={name} "
        return [
            "The lab is still running. Look around, with the kubectl that it brings, or remove it without trace:",
            f'  eval "$({named}PYTHONPATH=roles/lab python3 -m lab env)"; kubectl get pods -A',
            f"  {named}make lab-down",
        ]


class OwnCluster:
    """A cluster of the user's. Nothing is started, and only what the inventory names is made."""

    inventory = "inventories/existing"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._chosen = {name: environment.get(name, "") for name in ("LAB_KUBECONFIG", "LAB_CONTEXT")}
        self._vendor = environment.get("DEMO_ACCELERATOR") or "cpu"
        self._log = environment.get("DEMO_AUDIT_LOG", "")
        self._user = ""

    def prepare(self) -> list[str]:
        """Look whether it answers; what cannot apply here."""
        if self._log and not os.access(self._log, os.R_OK):
            raise RunError(f"DEMO_AUDIT_LOG={self._log} cannot be read: name the API server's audit log, or unset it.")
        try:
            cluster = self._connect()
            nodes = gather(cluster, ["nodes"])["nodes"]
            if self._log:
                self._user = who_asks(cluster)
        except ClusterError as problem:
            raise RunError(str(problem)) from problem
        return [
            "the start of a lab: LAB_KUBECONFIG names the cluster",
            *devices_skipped(nodes, self._vendor),
            *([] if self._log else ["the count of writes: DEMO_AUDIT_LOG names no audit log to read"]),
        ]

    def mark(self) -> str:
        """This moment."""
        return str(audit.mark(Path(self._log))) if self._log else ""

    def writes(self, mark: str) -> int | None:
        """What the audit log says, where one was named."""
        if not self._log:
            return None
        time.sleep(SETTLE)
        return int(audit.since(Path(self._log), audit.Mark.parse(mark), [self._user])["writes"])

    def farewell(self) -> list[str]:
        """How to remove it."""
        words = "-i inventories/existing -e confirm=existing -e keep_volumes=false"
        return [
            "The deployment stays. Remove it, its claim and its namespace:",
            f"  ansible-playbook playbooks/teardown.yml {words}",
        ]

    def _connect(self) -> Cluster:
        return connect({"kubeconfig": self._chosen["LAB_KUBECONFIG"], "context": self._chosen["LAB_CONTEXT"] or None})


def devices_skipped(nodes: Sequence[Mapping[str, Any]], vendor: str) -> list[str]:
    """Why the stage of device plugins has nothing to do, if so."""
    if vendor != "cpu":
        return []
    offered = sorted({item["vendor"] for node in nodes for item in node["accelerators"] if item["count"]})
    if not offered:
        return ["the device plugins: no node offers an accelerator, the model runs on a CPU"]
    return [
        f"the device plugins: the model runs on a CPU, and DEMO_ACCELERATOR={' or '.join(offered)} would use devices"
    ]


def who_asks(cluster: Cluster) -> str:
    """The user that the API server knows us as, and the audit log too."""
    name = cluster.whoami()
    if not name:
        raise RunError(
            "the API server does not tell who asks, so that nobody can count our writes: unset DEMO_AUDIT_LOG."
        )
    return name


def ground() -> Ground:
    """The cluster that the environment chooses."""
    return OwnCluster(os.environ) if os.environ.get("LAB_KUBECONFIG") else TheLab()
