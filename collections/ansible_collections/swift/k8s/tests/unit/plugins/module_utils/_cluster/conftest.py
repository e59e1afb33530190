"""An API on loopback and a cluster connected to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect

from .api import serving


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with serving() as server:
        yield server


@pytest.fixture
def cluster(api: Any) -> Cluster:
    return connect({"host": api.url, "api_key": "canary-token"})
