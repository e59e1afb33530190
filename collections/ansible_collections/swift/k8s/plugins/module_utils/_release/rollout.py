# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Is a workload as it should be, on its way, or beyond hope? Judged from the objects alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._cluster.condition import is_ready
from .objects import Object

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
_IMAGE = ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
_SETUP = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
#: Restarts after which a container that keeps ending is not going to recover by itself.
_RESTARTS = 3


@dataclass(frozen=True)
class Progress:
    """ready of wanted; settled when there is nothing left to wait for."""

    ready: int
    wanted: int
    settled: bool
    failure: str = ""


@dataclass(frozen=True)
class Trouble:
    """Why a pod cannot become ready, and which container's log tells more."""

    pod: str
    reason: str
    message: str
    container: str = ""
    restarts: int = 0  # of a container that ran and ended; its log is the previous one

    def __str__(self) -> str:
        pod = f"pod {self.pod}" if self.pod else "its pods"
        where = f" container {self.container}" if self.container else ""
        return f"{pod}{where}: {self.reason}" + (f" ({self.message})" if self.message else "")


def progress(item: Object, wait_for_jobs: bool) -> Progress:
    """Where a workload stands, as the controllers report it."""
    spec, status = item.get("spec") or {}, item.get("status") or {}
    seen = int(status.get("observedGeneration", 0)) >= int((item.get("metadata") or {}).get("generation", 0))
    return _RULES[str(item["kind"])](spec, status, seen, wait_for_jobs)


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any], seen: bool, _jobs: bool) -> Progress:
    wanted = int(spec.get("replicas", 1))
    updated, available = int(status.get("updatedReplicas", 0)), int(status.get("availableReplicas", 0))
    old = int(status.get("replicas", 0)) - updated
    failure = ""
    for condition in status.get("conditions") or []:
        if seen and condition.get("reason") == "ProgressDeadlineExceeded":
            failure = f"ProgressDeadlineExceeded ({condition.get('message', '')})"
    return Progress(
        min(updated, available), wanted, seen and updated >= wanted and available >= wanted and old <= 0, failure
    )


def _stateful_set(spec: Mapping[str, Any], status: Mapping[str, Any], seen: bool, _jobs: bool) -> Progress:
    wanted, ready = int(spec.get("replicas", 1)), int(status.get("readyReplicas", 0))
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return Progress(ready, wanted, seen and ready >= wanted)
    current = (
        status.get("updateRevision") == status.get("currentRevision") or int(status.get("updatedReplicas", 0)) >= wanted
    )
    return Progress(ready, wanted, seen and current and ready >= wanted)


def _daemon_set(spec: Mapping[str, Any], status: Mapping[str, Any], seen: bool, _jobs: bool) -> Progress:
    wanted, ready = int(status.get("desiredNumberScheduled", 0)), int(status.get("numberAvailable", 0))
    by_hand = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    updated = wanted if by_hand else int(status.get("updatedNumberScheduled", 0))
    return Progress(min(ready, updated), wanted, seen and ready >= wanted and updated >= wanted)


def _job(spec: Mapping[str, Any], status: Mapping[str, Any], _seen: bool, wait_for_jobs: bool) -> Progress:
    wanted, done = int(spec.get("completions") or 1), int(status.get("succeeded", 0))
    failure = ""
    for condition in status.get("conditions") or []:
        if condition.get("type") == "Failed" and condition.get("status") == "True":
            failure = f"{condition.get('reason', 'Failed')} ({condition.get('message', '')})"
    started = done >= wanted if wait_for_jobs else bool(done or status.get("ready") or spec.get("suspend"))
    return Progress(done, wanted, started, failure)


_RULES = {"Deployment": _deployment, "StatefulSet": _stateful_set, "DaemonSet": _daemon_set, "Job": _job}


def blind(item: Object) -> bool:
    """Whether a workload's pods count as ready without having been asked."""
    if item.get("kind") not in ("Deployment", "StatefulSet", "DaemonSet"):
        return False
    spec = item.get("spec") or {}
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or []
    return not spec.get("minReadySeconds") and any(not one.get("readinessProbe") for one in containers)


def refused(item: Object) -> Trouble | None:
    """Why a Deployment's pods are not even made: a quota, a policy, a webhook."""
    for condition in (item.get("status") or {}).get("conditions") or []:
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return Trouble("", str(condition.get("reason", "FailedCreate")), str(condition.get("message", "")))
    return None


def phase(pod: Object) -> str:
    """Where a pod is on its way: waiting for a node, pulling, fetching, loading, ready."""
    status = pod.get("status") or {}
    if is_ready(pod):
        return "ready"
    if not (pod.get("spec") or {}).get("nodeName"):
        return "waiting for a node"
    if any((one.get("state") or {}).get("running") for one in status.get("initContainerStatuses") or []):
        return "fetching"
    if any((one.get("state") or {}).get("running") for one in status.get("containerStatuses") or []):
        return "loading"
    return "pulling"


def troubles(pods: Iterable[Object]) -> list[Trouble]:
    """What keeps pods from becoming ready and does not pass by itself."""
    return [trouble for pod in pods if (trouble := _trouble(pod)) is not None]


def _trouble(pod: Object) -> Trouble | None:
    metadata, status = pod["metadata"], pod.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return None
    name = str(metadata["name"])
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return Trouble(name, "Unschedulable", str(condition.get("message", "")))
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        trouble = _container(name, container)
        if trouble is not None:
            return trouble
    return None


def _container(pod: str, status: Mapping[str, Any]) -> Trouble | None:
    name, restarts = str(status.get("name", "")), int(status.get("restartCount", 0))
    waiting = (status.get("state") or {}).get("waiting") or {}
    ended = (status.get("lastState") or {}).get("terminated") or (status.get("state") or {}).get("terminated") or {}
    reason, message = str(waiting.get("reason", "")), str(waiting.get("message", ""))
    if reason in _IMAGE or reason in _SETUP:
        return Trouble(pod, reason, message, name if reason == "RunContainerError" else "")
    hopeless = reason == "CrashLoopBackOff" and restarts >= _RESTARTS
    if ended.get("reason") == "OOMKilled" and (hopeless or restarts + (0 if waiting else 1) >= 2):
        return Trouble(pod, "OOMKilled", f"{restarts} restarts; raise the memory limit", name, restarts)
    if hopeless:
        return Trouble(pod, reason, f"exit code {ended.get('exitCode', '?')}, {restarts} restarts", name, restarts)
    return None
