# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How far a training is: the ms-swift chart's pods print a line of JSON for every step that is logged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._cluster.errors import ClusterError
from . import rollout
from .objects import Key, Object

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

_CONTAINER = "engine"
_LOG_LINES = 100
#: what ms-swift's own trainer and Megatron's count steps in
_STEPS = ("global_step/max_steps", "iteration")


def told(cluster: Cluster, key: Key, pods: Iterable[Object]) -> str:
    """Steps, loss and the time left of a running Job; empty where its pods say nothing of the kind."""
    for pod in pods if key.kind == "Job" else []:
        if rollout.phase(pod) == "ready" and _has_engine(pod):
            try:
                log = cluster.logs(key.namespace, pod["metadata"]["name"], _CONTAINER, tail_lines=_LOG_LINES)
            except ClusterError:
                continue
            if text := last(log):
                return text
    return ""


def last(log: str) -> str:
    """The newest line of progress, in words."""
    for line in reversed(log.splitlines()):
        record = _record(line)
        steps = next((record[name] for name in _STEPS if name in record), "")
        if record.get("event") == "progress" and steps:
            loss = f", loss {record['loss']}" if "loss" in record else ""
            left = f", {record['remaining_time']} left" if record.get("remaining_time") else ""
            return f"step {steps}{loss}{left}"
    return ""


def _record(line: str) -> dict[str, Any]:
    try:
        record = json.loads(line) if line.startswith("{") else {}
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _has_engine(pod: Object) -> bool:
    return any(one.get("name") == _CONTAINER for one in (pod.get("spec") or {}).get("containers") or [])
