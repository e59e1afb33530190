"""Make targets side by side, each lane on a lab of its own: most of a test's time is waiting for pods.

usage: lanes.py "TARGET …" "TARGET …"      the targets of a lane run one after the other

Every line says whose it is. A lane that fails lets the others end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass
class Lane:
    """Targets that share a lab; its lines begin with its first target."""

    targets: list[str]
    lab: str
    failed: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    stopped: bool = False

    @property
    def name(self) -> str:
        return self.targets[0]

    def run(self) -> None:
        """All targets, whether an earlier one failed or not, then the lab's removal."""
        for target in [*self.targets, "lab-down"]:
            started = time.monotonic()
            if self.stopped and target != "lab-down":
                continue
            status = self._make(target)
            if status:
                self.failed.append(target)
            self.say(f"make {target} {'failed' if status else 'ok'} after {time.monotonic() - started:.0f} s\n")

    def _make(self, target: str) -> int:
        self.process = subprocess.Popen(
            ["make", target],
            cwd=CHECKOUT,
            env={**os.environ, "LAB_NAME": self.lab},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.say(line)
        return self.process.wait()

    def say(self, line: str) -> None:
        sys.stdout.write(f"{self.name} | {line}")
        sys.stdout.flush()

    def stop(self) -> None:
        """End what runs, as Ctrl-C in a terminal of its own would; the lab is removed afterwards."""
        self.stopped = True
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)


def together(lanes: list[Lane]) -> None:
    """All lanes at the same time."""
    with ThreadPoolExecutor(len(lanes)) as pool:
        runs = [pool.submit(lane.run) for lane in lanes]
        try:
            while not all(run.done() for run in runs):
                time.sleep(0.2)
        except KeyboardInterrupt:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # labs are being removed; that takes seconds
            for lane in lanes:
                lane.stop()
            wait(runs)
            raise SystemExit(130) from None
    for run in runs:
        run.result()


def main(arguments: list[str]) -> int:
    name = os.environ.get("LAB_NAME", "lab")
    lanes = [
        Lane(words.split(), name if number == 1 else f"{name}-{number}") for number, words in enumerate(arguments, 1)
    ]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # also where a shell started us deaf, in the background
    together(lanes)
    failed = [target for lane in lanes for target in lane.failed]
    print(f"failed: {', '.join(f'make {target}' for target in failed)}" if failed else "all lanes ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
