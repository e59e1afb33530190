"""The lab's devices as a user describes them, runs of the stages that bring them, and fixtures for tests of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from lab import judge
from lab.api import wait
from lab.paths import ROLE

from tests.lab.target import CHECKOUT, lab_facts

CHART = CHECKOUT / "roles/lab/charts/nvidia-device-plugin"
NVIDIA = {"chart": str(CHART), "nodes": [{"selector": "lab.swift.k8s/devices=nvidia"}]}
ASCEND = {"nodes": [{"selector": "lab.swift.k8s/devices=ascend", "chip": "910B3"}]}
ASCEND_DAEMON_SET = "ascend-device-plugin-daemonset"
NODES = ("lab-0", "lab-1")
#: The plugin itself reports these of its node, and keeps them there.
PLUGIN_LABELS = {"node.kubernetes.io/npu.chip.name", "huawei.com/driver.version", "mind-cluster/npu-chip-memory"}


def nvidia_alone(profiles: dict[str, Any], profile: str, **options: Any) -> dict[str, Any]:
    """Variables that give NVIDIA's nodes a profile, and leave Ascend's alone."""
    nodes = [{**NVIDIA["nodes"][0], "profile": profile}]
    nvidia = {**NVIDIA, "profiles": profiles, "nodes": nodes, **options}
    return {"device_plugin_ascend": {"owner": "none"}, "device_plugin_nvidia": nvidia}


class Devices:
    """The lab, an inventory of two variables, and runs of preflight and device_plugin."""

    def __init__(self, facts: dict[str, Any], folder: Path) -> None:
        self.facts, self.folder = facts, folder
        self.cluster: Cluster = connect({"kubeconfig": facts["kubeconfig"]})
        self.registry = f"http://{facts['registry']}"

    def run(self, *arguments: str, **variables: Any) -> tuple[int, int, str]:
        """Status, number of changes, and text of a run."""
        own = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "swift_k8s_kubeconfig": self.facts["kubeconfig"],
            "device_plugin_nvidia": NVIDIA,
            "device_plugin_ascend": ASCEND,
            "device_plugin_wait_timeout": 90,
            "preflight_registries": {"nvcr.io": self.registry, "swr.cn-south-1.myhuaweicloud.com": self.registry},
            **variables,
        }
        inventory = self.folder / f"hosts-{time.monotonic_ns()}.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"lab": None}, "vars": own}}), encoding="utf-8")
        words = ["ansible-playbook", "swift.k8s.deploy", "-i", str(inventory), *arguments]
        words += [] if "-t" in arguments else ["-t", "preflight,device_plugin"]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        done = subprocess.run(words, cwd=CHECKOUT, env=environment, text=True, capture_output=True, check=False)
        changed = re.search(r"^lab\s+:.*changed=(\d+)", done.stdout, re.MULTILINE)
        return done.returncode, int(changed.group(1)) if changed else -1, done.stdout + done.stderr

    def remove(self) -> tuple[int, int, str]:
        given = {"device_plugin_nvidia": NVIDIA, "device_plugin_ascend": ASCEND}
        allowed = {name: {**wish, "allow_disruption": True} for name, wish in given.items()}
        done = self.run("-t", "device_plugin", device_plugin_state="absent", **allowed)
        end = time.monotonic() + 60
        while self.cluster.get("v1", "Namespace", "nvidia-device-plugin") and time.monotonic() < end:
            time.sleep(0.5)
        return done

    def installed(self) -> bool:
        """Whether one of our plugins is there, or devices of one that was."""
        ascend = self.cluster.get("apps/v1", "DaemonSet", ASCEND_DAEMON_SET, "kube-system")
        nvidia = self.cluster.get("v1", "Namespace", "nvidia-device-plugin")
        return bool(ascend or nvidia or any(any(self.allocatable(node).values()) for node in NODES))

    def clear(self) -> None:
        """Nothing is installed or offered any more.

        A kubelet that has not noticed the end of a plugin is restarted, as the error of `remove` asks: else every test
        after this one would meet devices of nobody.
        """
        self.remove()
        for node in NODES:
            if any(self.allocatable(node).values()):
                words = [sys.executable, "-m", "lab", "service", "restart", f"{node}/kubelet"]
                subprocess.run(words, env={**os.environ, "PYTHONPATH": str(ROLE)}, check=True)
                wait(f"{node} to offer nothing", lambda node=node: not any(self.allocatable(node).values()), 60)

    def writes(self, begin: judge.Mark) -> int:
        """Write requests of the lab's user since the mark."""
        time.sleep(0.5)
        found: int = judge.since(Path(self.facts["audit_log"]), begin, [judge.USER])["writes"]
        return found

    def allocatable(self, node: str) -> dict[str, int]:
        found = self.cluster.get("v1", "Node", node)
        assert found is not None
        return {name: int(count) for name, count in found["status"]["allocatable"].items() if "com/" in name}

    def phase(self, pod: str) -> str:
        """The phase of a pod in the namespace default; "None" where there is none."""
        return str((self.cluster.get("v1", "Pod", pod, namespace="default") or {}).get("status", {}).get("phase"))

    def labels(self) -> dict[str, dict[str, str]]:
        nodes = self.cluster.list("v1", "Node")
        return {
            node["metadata"]["name"]: {
                key: value for key, value in node["metadata"]["labels"].items() if key not in PLUGIN_LABELS
            }
            for node in nodes
        }


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devices]:
    """The lab with what the test before left installed, and with nothing after the last test of a file.

    A wish is brought about from any state: the remains of the last one make a test harder, and save a minute.
    """
    found = Devices(lab_facts(), tmp_path_factory.mktemp("devices"))
    yield found
    found.clear()


@pytest.fixture
def bare(devices: Devices) -> Devices:
    """The same with nothing installed."""
    if devices.installed():
        devices.clear()
    return devices
