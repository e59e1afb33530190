"""Running the lab and playbooks on it, for the demo and the benches."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
BUILD = CHECKOUT / "build"
INVENTORY = "inventories/lab"


class RunError(Exception):
    """A step cannot go on; the text names what failed and the next step."""


def environment(**more: str) -> dict[str, str]:
    """The environment of the lab's and Ansible's commands."""
    return {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT / "roles/lab"),
        "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_CALLBACKS_ENABLED": "swift.k8s.stages",
        "ANSIBLE_FORCE_COLOR": "1" if sys.stdout.isatty() else "0",
        **more,
    }


def kubeconfig() -> str:
    """The cluster to run on: LAB_KUBECONFIG, else the lab of this checkout."""
    return os.environ.get("LAB_KUBECONFIG") or str(BUILD / os.environ.get("LAB_NAME", "lab") / "kubeconfig")


def lab(*words: str) -> None:
    """Run one of the lab's commands, its output shown."""
    done = subprocess.run([sys.executable, "-m", *words], check=False, cwd=CHECKOUT, env=environment())
    if done.returncode:
        raise RunError(
            f"`python -m {' '.join(words)}` ended with {done.returncode}: mend what it says, then `make demo` again."
        )


def judge(*words: str) -> str:
    """Ask the audit log's judge; its answer."""
    command = [sys.executable, "-m", "lab", "judge", *words]
    return subprocess.run(
        command, check=True, cwd=CHECKOUT, env=environment(), stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def playbook(name: str, report: Path, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """Run a playbook on the lab, its output shown; changed results and the figures of the stages."""
    report.unlink(missing_ok=True)
    command = ["ansible-playbook", f"playbooks/{name}.yml", "-i", INVENTORY, *words]
    print(f"$ {' '.join(command)}", flush=True)
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=environment(SWIFT_K8S_STAGES_REPORT=str(report)),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    changed = 0
    for line in process.stdout:
        print(line, end="", flush=True)
        if match := re.search(r"\bok=\d+ +changed=(\d+) ", line):
            changed += int(match[1])
    if process.wait():
        raise RunError(f"playbooks/{name}.yml failed (status {process.returncode}): the last task above says why.")
    return changed, json.loads(report.read_text(encoding="utf-8"))
