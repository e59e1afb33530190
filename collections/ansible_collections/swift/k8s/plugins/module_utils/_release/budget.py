# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How long a rollout may take by what its own pods declare. Pure.

A chart that knows its model's bytes and the rate at which they are read says so in the startup probe: that many
seconds a pod may take to start. A rollout takes that long for each wave of pods.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .objects import Object

#: Seconds that no release gets less than, and that each wave gets for scheduling, pulling and fetching.
LEAST = 600
_BESIDES = 300
_UNITS = {"h": 3600, "m": 60, "s": 1}


def seconds(text: str) -> int:
    """600, 90s, 10m or 1h5m0s in seconds. Raises ValueError for anything else."""
    if text.isdigit():
        return int(text)
    if not re.fullmatch(r"(\d+[hms])+", text):
        raise ValueError(text)
    return sum(int(amount) * _UNITS[unit] for amount, unit in re.findall(r"(\d+)([hms])", text))


def rollout(objects: Iterable[Object], wanted: int = 0) -> int:
    """Seconds to wait: what the user wants, else what the slowest workload declares, at least ten minutes."""
    return wanted or max([LEAST, *map(_workload, objects)])


def _workload(item: Object) -> int:
    spec = item.get("spec") or {}
    pod = ((spec.get("template") or {}).get("spec")) or {}
    if item.get("kind") == "Job":
        return int(spec.get("activeDeadlineSeconds") or 0)
    if item.get("kind") not in ("Deployment", "StatefulSet", "DaemonSet"):
        return 0
    wave = _start(pod) + int(pod.get("terminationGracePeriodSeconds", 30)) + _BESIDES
    return _waves(item["kind"], spec) * wave


def _start(pod: Mapping[str, Any]) -> int:
    """Seconds that the slowest container may take until its startup probe gives up."""
    probes = [container.get("startupProbe") or {} for container in pod.get("containers") or []]
    tries = [int(one.get("periodSeconds", 10)) * int(one.get("failureThreshold", 3)) for one in probes if one]
    return max(tries, default=0)


def _waves(kind: str, spec: Mapping[str, Any]) -> int:
    """Groups of pods that start one after the other."""
    replicas = int(spec.get("replicas", 1))
    if kind == "StatefulSet":
        return 1 if spec.get("podManagementPolicy") == "Parallel" else max(1, replicas)
    strategy = spec.get("strategy") or {}
    if kind == "DaemonSet" or strategy.get("type") == "Recreate":
        return 1
    rolling = strategy.get("rollingUpdate") or {}
    surge = _share(rolling.get("maxSurge", "25%"), replicas, math.ceil)
    unavailable = _share(rolling.get("maxUnavailable", "25%"), replicas, math.floor)
    return max(1, math.ceil(replicas / max(1, surge + unavailable)))


def _share(value: Any, replicas: int, rounded: Any) -> int:
    text = str(value)
    return int(rounded(int(text[:-1]) * replicas / 100)) if text.endswith("%") else int(text)
