"""How long the lab takes: what its pieces took to build, and a start and a removal beside the running one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from figures import Figure, save
from lab_run import CHECKOUT, environment

BUILD_GOAL_SECONDS = 1200
UP_GOAL_SECONDS = 45
#: build/<name> is the lab's folder: it must not be the one of the figures
NAME = "lab-of-bench"


def timed(*words: str) -> float:
    """Seconds that one of the lab's commands takes on a lab of our own."""
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "lab", *words],
        check=True,
        cwd=CHECKOUT,
        env=environment(LAB_NAME=NAME),
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def built() -> float:
    """Seconds that the pieces in the cache took to build, added up."""
    cache = Path(os.environ["SWIFT_K8S_CACHE"])
    times = json.loads((cache / "bin/times.json").read_text(encoding="utf-8"))
    return sum(float(piece["seconds"]) for piece in times.values())


def main() -> int:
    """Measure and save."""
    up = timed("up")
    again = timed("up")
    down = timed("down")
    building = built()
    figures = [
        Figure(
            "build",
            "build of all pieces when they were built here (compiler cache as it was)",
            building,
            "s",
            "<= 1200",
            building <= BUILD_GOAL_SECONDS,
        ),
        Figure("up", "warm start until a real pod is Ready", round(up, 1), "s", "<= 45", up <= UP_GOAL_SECONDS),
        Figure("up-again", "start of a lab that is up", round(again, 2), "s", "<= 2", again <= 2),
        Figure("down", "removal without trace", round(down, 1), "s", "-", None),
    ]
    print(save("lab", figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
