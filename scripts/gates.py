"""The gates of `make check`: each is a list of commands; all run side by side, output is shown where one fails.

usage: gates.py [GATE …]      without a name: all but those of `make test` alone
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
COLLECTION = CHECKOUT / "collections/ansible_collections/swift/k8s"
WORKERS = 2
QUICK = "not lab and not engine and not clients and not slow"
ANSIBLE_LINT = ["ansible-lint", "--offline", "--profile", "production", "-q"]
SCENARIOS = "molecule"
#: Each takes as long as the rest of its kind, and seldom finds what that does not: left to `make test`.
LATE = ("pylint", "scenarios")


@dataclass(frozen=True)
class Command:
    """One command of a gate and where it runs."""

    words: list[str]
    cwd: Path = CHECKOUT
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How one gate ended: seconds it took, and the text of what failed ("" when nothing did)."""

    gate: str
    seconds: float
    failure: str
    closing: str


def gates() -> dict[str, list[Command]]:
    """Gate name -> its commands; the slowest first, so that two workers end together."""
    python = sys.executable
    pytest = [python, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup"]
    tested = "collections/ansible_collections/swift/k8s/plugins"
    return {
        "unit": [
            Command([*pytest, "-m", QUICK, *coverage(f"{tested}/module_utils")]),
        ],
        "sanity": [
            Command([python, "scripts/sanity_bootstrap.py"]),
            Command(sanity("--skip-test", "pylint"), COLLECTION),
        ],
        "chart": [
            Command(["helm", "lint", "--strict", "--quiet", "charts/ms-swift"]),
            Command([python, "scripts/helm_unittest.py", "charts/ms-swift"]),
            Command([*pytest, "tests/chart"]),
        ],
        "lint": [
            Command(["ruff", "check"]),
            Command(["ruff", "format", "--check", "--quiet"]),
            Command(["yamllint", "--strict", "."]),
            Command([*ANSIBLE_LINT, "--exclude", SCENARIOS]),
        ],
        "types": [
            Command(["mypy", tested, "roles/lab/lab"]),
            Command(["mypy", *scripts("scripts", "bench")], environment=(("MYPYPATH", "bench:scripts"),)),
            Command(
                ["mypy", "."],
                CHECKOUT / "scripts/bootstrap",
                (("MYPYPATH", f"{CHECKOUT}/scripts/bootstrap:{CHECKOUT}/roles/lab"),),
            ),
        ],
        "collection": [Command([python, "scripts/collection.py", "test"])],
        "pylint": [
            Command([python, "scripts/sanity_bootstrap.py"]),
            Command(sanity("--test", "pylint"), COLLECTION),
        ],
        "scenarios": [Command([*ANSIBLE_LINT, SCENARIOS])],
    }


def sanity(*tests: str) -> list[str]:
    """ansible-test with a choice of its tests."""
    return ["ansible-test", "sanity", "--color", "no", "--python", python_version(), *tests]


def coverage(package: str) -> list[str]:
    """pytest's options that measure a package and hold it to the goal."""
    return [f"--cov={package}", "--cov-report=term:skip-covered", "--cov-fail-under=90"]


def scripts(*folders: str) -> list[str]:
    """The Python files that lie directly in the folders."""
    return [str(path.relative_to(CHECKOUT)) for folder in folders for path in sorted((CHECKOUT / folder).glob("*.py"))]


def python_version() -> str:
    """The interpreter's version as ansible-test names it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def run(gate: str, commands: list[Command]) -> Outcome:
    """Run a gate's commands in order and stop at the first that fails."""
    started = time.monotonic()
    closing = ""
    for command in commands:
        done = subprocess.run(
            command.words,
            check=False,
            cwd=command.cwd,
            env={**os.environ, **dict(command.environment)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        lines = done.stdout.strip().splitlines()
        if done.returncode:
            text = f"$ {' '.join(command.words)}\n{done.stdout}"
            return Outcome(gate, time.monotonic() - started, text, f"status {done.returncode}")
        closing = next((line for line in reversed(lines) if " passed" in line), closing)
    return Outcome(gate, time.monotonic() - started, "", closing)


def main(wanted: list[str]) -> int:
    """Run the wanted gates, print a line each, and the output of those that failed."""
    known = gates()
    if unknown := [name for name in wanted if name not in known]:
        print(f"no gate named {unknown[0]}: choose from {', '.join(known)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    chosen = {name: known[name] for name in known if (name in wanted if wanted else name not in LATE)}
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(run, name, commands) for name, commands in chosen.items()]
        outcomes = []
        for future in futures:
            outcome = future.result()
            outcomes.append(outcome)
            state = "FAILED" if outcome.failure else "ok"
            print(f"{outcome.gate:<11} {state:<7} {outcome.seconds:6.1f} s  {outcome.closing}", flush=True)
    for outcome in outcomes:
        if outcome.failure:
            print(f"\n--- {outcome.gate} ---\n{outcome.failure}")
    failed = [outcome.gate for outcome in outcomes if outcome.failure]
    print(f"check: {'failed: ' + ', '.join(failed) if failed else 'ok'} after {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
