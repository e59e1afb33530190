# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Shared parts of the release tests."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._probe import probe
from ansible_collections.swift.k8s.plugins.module_utils._release import processes, task
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster, FakeHelm

CHART = Path(__file__).parent / "chart"


@pytest.fixture
def chart() -> str:
    return str(CHART)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def helm(cluster: FakeCluster, tmp_path: Path) -> FakeHelm:
    return FakeHelm(cluster, {**os.environ, "HELM_CACHE_HOME": str(tmp_path), "HELM_CONFIG_HOME": str(tmp_path)})


@pytest.fixture
def said() -> list[str]:
    """Lines for people who look on."""
    return []


@pytest.fixture
def run(cluster: FakeCluster, helm: FakeHelm, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs one task of the module against the fakes: run(check=False, **options) -> result."""
    monkeypatch.setattr(task, "Helm", lambda environment, binary: helm)
    monkeypatch.setattr(processes, "helm", lambda name, namespace: ())
    monkeypatch.setattr(time, "sleep", lambda seconds: None)

    def call(check: bool = False, told: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        api: Any = cluster
        return task.run(api, {"namespace": "team", **options}, said.append, check, told)

    return call


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the probe says, and what it was asked."""
    said: dict[str, Any] = {"ok": True, "message": "", "asked": []}

    def run(services: list[Any], connect: Any) -> list[dict[str, Any]]:
        said["asked"] += [service["service"] for service in services]
        return [said]

    monkeypatch.setattr(probe, "run", run)
    return said
