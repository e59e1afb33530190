# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How long a rollout may take, from tables."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import budget
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import RefusedError
from ansible_collections.swift.k8s.plugins.module_utils._release.options import wanted

TIMES = [("600", 600), ("90s", 90), ("10m", 600), ("1h5m0s", 3900), ("0", 0)]


@pytest.mark.parametrize(("text", "expected"), TIMES)
def test_times_as_people_write_them(text: str, expected: int) -> None:
    entry = {"name": "app", "namespace": "t", "chart": "c", "wait_timeout": text}
    assert wanted(entry)[0].wait_timeout == expected


@pytest.mark.parametrize("text", ["soon", "10 m", "-1", "1.5h", ""])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(RefusedError, match=f"release app: wait_timeout {text} is no time.*90s, 10m or 1h30m"):
        wanted({"name": "app", "namespace": "t", "chart": "c", "wait_timeout": text})


@pytest.mark.parametrize(("atomic", "expected"), [(True, "rollback"), (False, "keep")])
def test_atomic_is_another_word(atomic: bool, expected: str) -> None:
    entry = {"name": "app", "namespace": "t", "chart": "c", "atomic": atomic}
    assert wanted(entry)[0].on_failure == expected


def workload(kind: str, startup: int = 0, **spec: Any) -> dict[str, Any]:
    probe = {"startupProbe": {"periodSeconds": 5, "failureThreshold": startup // 5}} if startup else {}
    pod = {"terminationGracePeriodSeconds": 100, "containers": [{"name": "a", **probe}]}
    return {"kind": kind, "spec": {**spec, "template": {"spec": pod}}}


RECREATE = {"type": "Recreate"}
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
BUDGETS = [
    ([], 600),
    ([{"kind": "ConfigMap"}], 600),
    ([workload("Deployment", 1200, replicas=1, strategy=RECREATE)], 1600),
    ([workload("Deployment", 1200, replicas=4, strategy=RECREATE)], 1600),
    ([workload("Deployment", 1200, replicas=4, strategy=ROLLING)], 4 * 1600),
    ([workload("Deployment", 1200, replicas=8)], 2 * 1600),  # a quarter surges, a quarter may be missing
    ([workload("StatefulSet", 600, replicas=3)], 3 * 1000),
    ([workload("StatefulSet", 600, replicas=3, podManagementPolicy="Parallel")], 1000),
    ([workload("DaemonSet", 600)], 1000),
    ([workload("Job", activeDeadlineSeconds=7200)], 7200),
    ([workload("Deployment", 10), workload("DaemonSet", 900)], 1300),
]


@pytest.mark.parametrize(("objects", "expected"), BUDGETS)
def test_rollout(objects: list[dict[str, Any]], expected: int) -> None:
    assert budget.rollout(objects) == expected
    assert budget.rollout(objects, 42) == 42
