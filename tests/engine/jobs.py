"""Jobs of the chart on the lab: their pods, their end, what they said."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

from tests.lab.chart import Place


def pods(site: Place, release: str) -> list[dict[str, Any]]:
    """The pods of a release, the oldest first."""
    selector = f"--selector=app.kubernetes.io/instance={release}"
    found = json.loads(site.kubectl("get", "pods", selector, "--output=json"))["items"]
    return sorted(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))


def newest(site: Place, release: str) -> str:
    """The name of its youngest pod."""
    return str(pods(site, release)[-1]["metadata"]["name"])


def rank(pod: dict[str, Any]) -> int:
    """Which of a training's pods it is."""
    return int(pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"])


def log(site: Place, release: str) -> str:
    """What the engine of the newest pod said."""
    return site.kubectl("logs", newest(site, release), "--container=engine")


def finished(site: Place, release: str, seconds: float) -> None:
    """Wait until the Job of a release is complete."""
    end = time.monotonic() + seconds
    selector = f"--selector=app.kubernetes.io/instance={release}"
    while time.monotonic() < end:
        jobs = json.loads(site.kubectl("get", "jobs", selector, "--output=json"))["items"]
        conditions = {item["type"] for job in jobs for item in job["status"].get("conditions", [])}
        assert "Failed" not in conditions, log(site, release)[-3000:]
        if "Complete" in conditions:
            return
        time.sleep(0.5)
    raise AssertionError(f"{release} is not complete within {seconds} s:\n{log(site, release)[-3000:]}")


def steps(site: Place, release: str) -> int:
    """Steps that a training has logged; 0 before there is a log."""
    try:
        path = f"/cache/outputs/{release}/logging.jsonl"
        lines = site.kubectl("exec", newest(site, release), "--container=engine", "--", "cat", path).splitlines()
    except (subprocess.CalledProcessError, IndexError):
        return 0
    return sum("global_step/max_steps" in line for line in lines)
