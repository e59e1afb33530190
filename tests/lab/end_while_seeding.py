"""A command that dies by SIGKILL as soon as a Job that seeds is at work; prints the Job's uid.

usage: end_while_seeding.py KUBECONFIG NAMESPACE COMMAND...     status 1 with the command's output where it ended first
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "collections"))

from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.swift.k8s.plugins.module_utils._seed.labels import LABELS

_SELECTOR = ",".join(f"{name}={value}" for name, value in LABELS.items())
_PAUSE_SECONDS = 0.3


def working(cluster: Cluster, namespace: str) -> str:
    """The uid of a Job whose pod runs, or nothing."""
    for job in cluster.list("batch/v1", "Job", namespace, label_selector=_SELECTOR):
        if (job.get("status") or {}).get("ready"):
            return str(job["metadata"]["uid"])
    return ""


def family(pid: int) -> list[int]:
    """A process and all below it: Ansible's workers have sessions of their own, so a signal to a group spares them."""
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []
    return [pid, *(each for child in below for each in family(int(child)))]


def end(pid: int) -> None:
    """Nobody of the family goes on alone, as when a CI runner is taken away. Stopped first, so that none is born."""
    for sent in (signal.SIGSTOP, signal.SIGKILL):
        for each in family(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, sent)


def main(words: list[str]) -> int:
    """Start, wait for the Job, kill."""
    cluster = connect({"kubeconfig": words[0]})
    with tempfile.TemporaryFile("w+") as told:
        run = subprocess.Popen(words[2:], stdout=told, stderr=subprocess.STDOUT)
        while run.poll() is None:
            if uid := working(cluster, words[1]):
                end(run.pid)
                run.wait()
                print(uid)
                return 0
            time.sleep(_PAUSE_SECONDS)
        told.seek(0)
        print(told.read())
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
