"""The cluster that tests run on: the lab of this checkout, or one that LAB_KUBECONFIG names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
NO_LAB = "no lab is up: make lab-up, or LAB_KUBECONFIG=/path for a cluster that exists already"
NOT_THE_LAB = "needs the lab's own registry, hub, devices or audit log; LAB_KUBECONFIG names another cluster"


def kubeconfig() -> str:
    """For tests that any cluster will do for."""
    given = os.environ.get("LAB_KUBECONFIG")
    if not given:
        return str(lab_facts()["kubeconfig"])
    if not Path(given).is_file():
        pytest.fail(f"LAB_KUBECONFIG={given} is not a file: name a kubeconfig, or unset it")
    return given


def lab_facts() -> dict[str, Any]:
    """For tests that need the lab itself: what it says of itself. On any other cluster they are skipped."""
    if os.environ.get("LAB_KUBECONFIG"):
        pytest.skip(NOT_THE_LAB)
    path = CHECKOUT / "build" / os.environ.get("LAB_NAME", "lab") / "lab.json"
    if not path.exists():
        pytest.fail(NO_LAB)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
