"""No test is forgotten: each belongs to one of the make targets and gates, and to one only."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gates
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
EVERYTHING = "pytest collections/ansible_collections/swift/k8s/tests tests"
#: Those with targets of their own, and all that `make test` runs.
TARGETS = (
    *(
        "test-slow",
        "test-life",
        "test-lab",
        "test-engine",
        "test-scaling",
        "test-groups",
        "test-ingress",
        "test-gang",
        "test-tasks",
    ),
)


def make(*words: str, **environment: str) -> str:
    """What make would do."""
    command = ["make", "--dry-run", *words]
    kept = {name: text for name, text in os.environ.items() if name not in ("LAB_KUBECONFIG", "MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(
        command, cwd=CHECKOUT, env={**kept, **environment}, check=True, capture_output=True, text=True
    ).stdout


def runs() -> list[str]:
    """Every run of pytest, as a shell has it."""
    found = [line.split(";")[0] for line in make(*TARGETS).splitlines() if line.startswith("pytest ")]
    checks = [command.words for commands in gates.gates().values() for command in commands]
    return found + [shlex.join(words[2:]) for words in checks if words[1:3] == ["-m", "pytest"]]


def collected(run: str) -> list[str]:
    """The tests that it would run."""
    command = f"{shlex.quote(sys.executable)} -m {run} --collect-only --no-cov -p no:cacheprovider -n 0 --verbosity=-1"
    done = subprocess.run(["bash", "-c", command], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.slow
def test_every_test_has_one_target() -> None:
    with ThreadPoolExecutor(2) as pool:
        everything = pool.submit(collected, EVERYTHING)
        counted = Counter(test for tests in pool.map(collected, runs()) for test in tests)
    assert [test for test in everything.result() if counted[test] != 1] == []


def test_another_cluster_starts_no_lab() -> None:
    asked = make("test", LAB_KUBECONFIG="/k")
    assert "tests/lab" in asked
    assert "lab up" not in asked
    assert "lanes.py" not in asked
    assert "lab up" in make("test-lab")


def test_what_only_the_lab_has_is_not_deployed_elsewhere() -> None:
    done = subprocess.run(
        ["make", "molecule", "LAB_KUBECONFIG=/k"], cwd=CHECKOUT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "LAB_KUBECONFIG=/k names another cluster, and this needs the lab itself: unset it" in done.stderr
