"""Running the lab and playbooks on it, for the demo and the benches."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
BUILD = CHECKOUT / "build"
INVENTORY = "inventories/lab"
#: Seconds in which what was interrupted takes back what it began; removing a lab takes ten.
PATIENCE = 60.0
STOPPING = (signal.SIGINT, signal.SIGTERM)


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
    """That of the lab of this checkout."""
    return str(BUILD / os.environ.get("LAB_NAME", "lab") / "kubeconfig")


@contextmanager
def started(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A command that is given Ctrl-C once, and then the time to take back what it began.

    It has a process group of its own: `subprocess` kills after a quarter of a second what a terminal interrupted.
    What is heard while it is being started counts once it is there.
    """
    early: list[int] = []
    before = {number: signal.signal(number, lambda heard, _: early.append(heard)) for number in STOPPING}
    process = subprocess.Popen(command, cwd=CHECKOUT, text=True, start_new_session=True, **options)
    try:
        for number, handler in before.items():
            signal.signal(number, handler)
        if early:
            raise KeyboardInterrupt
        yield process
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _interrupt(process)
        signal.signal(signal.SIGINT, before[signal.SIGINT])
        raise


def _interrupt(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGINT)
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
    print(said or "", end="", flush=True)


def lab(*words: str) -> None:
    """Run one of the lab's commands, its output shown."""
    with started([sys.executable, "-m", *words], env=environment()) as process:
        status = process.wait()
    if status:
        raise RunError(f"`python -m {' '.join(words)}` ended with {status}: mend what it says, then `make demo` again.")


def judge(*words: str) -> str:
    """Ask the audit log's judge; its answer."""
    command = [sys.executable, "-m", "lab", "judge", *words]
    done = subprocess.run(command, check=False, cwd=CHECKOUT, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise RunError(f"the audit log cannot be read: {done.stderr.strip()}")
    return done.stdout.strip()


def playbook(name: str, report: Path, *words: str, inventory: str = INVENTORY) -> tuple[int, list[dict[str, Any]]]:
    """Run a playbook, its output shown; changed results and the figures of the stages."""
    report.unlink(missing_ok=True)
    command = ["ansible-playbook", f"playbooks/{name}.yml", "-i", inventory, *words]
    print(f"$ {shlex.join(command)}", flush=True)
    with started(command, env=environment(SWIFT_K8S_STAGES_REPORT=str(report)), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
        status = process.wait()
    if status:
        raise RunError(f"playbooks/{name}.yml failed (status {status}): the last task above says why.")
    stages = json.loads(report.read_text(encoding="utf-8"))
    # Not from what is shown: that has colours on a terminal, and is whatever ANSIBLE_STDOUT_CALLBACK chooses.
    return sum(stage["changed"] for stage in stages), stages
