"""What tests of storage and seeding share: the lab, a namespace of their own, playbook runs, and writes counted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from lab import judge

from tests.lab.target import CHECKOUT, lab_facts

_RECAP = re.compile(r"^lab\s+: (.*)$", re.MULTILINE)


class Run:
    """A finished playbook run."""

    def __init__(self, text: str, code: int) -> None:
        found = _RECAP.search(text)
        counts = dict(pair.split("=") for pair in found.group(1).split()) if found else {}
        self.text, self.code = text, code
        self.changed, self.failed = int(counts.get("changed", -1)), int(counts.get("failed", -1))


class Place:
    """A namespace of the lab and an inventory that describes it."""

    def __init__(self, facts: dict[str, Any], folder: Path) -> None:
        self.facts, self.folder = facts, folder
        self.namespace = f"h-{uuid.uuid4().hex[:6]}"
        self.cluster: Cluster = connect({"kubeconfig": facts["kubeconfig"]})
        self.started: list[subprocess.Popen[str]] = []

    def inventory(self, **variables: Any) -> Path:
        own = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "swift_k8s_kubeconfig": self.facts["kubeconfig"],
            "swift_k8s_namespace": self.namespace,
            "model_cache_image": "lab.registry/python:3.11",
            "storage_claims": [{"name": "models", "size": "1Gi", "storage_class": "shared"}],
            **variables,
        }
        path = self.folder / "hosts.json"
        path.write_text(json.dumps({"all": {"hosts": {"lab": None}, "vars": own}}), encoding="utf-8")
        return path

    def start(self, *arguments: str, **variables: Any) -> subprocess.Popen[str]:
        """A run of the playbook seed that the caller ends or waits for."""
        words = ["ansible-playbook", "swift.k8s.seed", "-i", str(self.inventory(**variables)), *arguments]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        run = subprocess.Popen(
            words,
            cwd=CHECKOUT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.started.append(run)
        return run

    def seed(self, *arguments: str, **variables: Any) -> Run:
        run = self.start(*arguments, **variables)
        text, _ = run.communicate(timeout=300)
        return Run(text, run.returncode)

    def writes(self, act: Callable[[], Any]) -> list[str]:
        """What was written to this namespace and to its cluster-wide objects while `act` ran."""
        log = Path(self.facts["audit_log"])
        begin = judge.mark(log)
        act()
        time.sleep(0.5)
        requests = [judge.parse(line) for line in judge.lines_since(log, begin)]
        ours = [one for one in requests if one.user == judge.USER and self.namespace in one.object]
        return [f"{one.verb} {one.object}" for one in ours if one.write]

    def sent(self, model: str) -> int:
        """Bytes of a model's weights that the lab's hub has sent."""
        with urllib.request.urlopen(f"{self.facts['hub']}/_stats") as answer:
            stats: dict[str, Any] = json.load(answer)
        return int(stats["repositories"][model]["files"]["model.safetensors"]["bytes"])

    def jobs(self) -> list[dict[str, Any]]:
        return self.cluster.list("batch/v1", "Job", self.namespace)

    def wait(self, what: Callable[[], Any], seconds: float = 60) -> Any:
        """What the function returns once that is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := what():
                return found
            time.sleep(0.2)
        raise AssertionError(f"not true within {seconds} s")

    def clear(self) -> None:
        """Leave nothing: runs, namespace, and the volumes that are kept when their claim goes.

        A namespace takes ten seconds to go; its name is no other test's, so nobody waits for that.
        """
        for run in self.started:
            if run.poll() is None:
                os.killpg(run.pid, 9)
                run.wait()
        volumes = [item for item in self.cluster.list("v1", "PersistentVolume") if _claimed_in(item) == self.namespace]
        self.cluster.delete("v1", "Namespace", self.namespace)
        for volume in volumes:
            self.cluster.delete("v1", "PersistentVolume", volume["metadata"]["name"])


def _claimed_in(volume: dict[str, Any]) -> Optional[str]:
    return (volume["spec"].get("claimRef") or {}).get("namespace")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A namespace of the lab."""
    found = Place(lab_facts(), tmp_path)
    yield found
    found.clear()
