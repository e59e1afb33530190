"""The API on loopback, as the tests of the client have it."""

from __future__ import annotations

from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._cluster.conftest import api, cluster

__all__ = ["api", "cluster"]
