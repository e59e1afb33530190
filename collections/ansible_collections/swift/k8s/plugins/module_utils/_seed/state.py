# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""How a Job stands: Job, pods and the engine's log in, one state out (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from . import told as engine
from .told import Told

#: Reasons of a waiting container that do not go away by themselves, and what to do.
_HOPELESS = {
    "ImagePullBackOff": "Check the image's name and tag, the registry, and image_pull_secrets.",
    "ErrImageNeverPull": "Load the image on the nodes, or set image_pull_policy to IfNotPresent.",
    "InvalidImageName": "Check the option image.",
    "CreateContainerConfigError": "Check that the Secrets and ConfigMaps that the models name exist.",
    "CreateContainerError": "Check the option python: the image must have it.",
    "RunContainerError": "Check the option python: the image must have it.",
}
_SILENT = (
    "the Job completed, but its log tells nothing of the models. Run again: files that are there are only verified."
)


@dataclass(frozen=True)
class State:
    """`phase` is absent, waiting, running, done or failed.

    `reason` says what is wrong: why it failed, or what keeps it from starting. `note` says what it is busy with.
    """

    phase: str
    pod: str = ""
    reason: str = ""
    note: str = ""
    told: Told = field(default_factory=Told)

    @property
    def active(self) -> bool:
        """Whether the Job still works, or will."""
        return self.phase in {"waiting", "running"}


def judge(job: Optional[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]], log: str) -> State:
    """The state of a Job of which `pods` are the pods and `log` is the newest pod's."""
    if job is None:
        return State("absent")
    told = engine.read(log)
    newest = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), default=None)
    name = newest["metadata"]["name"] if newest else ""
    ended = finished(job)
    if ended is not None:
        if ended["type"] == "Complete":
            return State("done", name, "" if told.done else _SILENT, told=told)
        return State("failed", name, _why(ended, newest, told), told=told)
    blocked = _blocked(newest) if newest else ""
    if blocked:
        return State("failed", name, blocked, told=told)
    if newest and (newest.get("status") or {}).get("phase") == "Running":
        return State("running", name, told=told)
    return State("waiting", name, _unschedulable(newest) if newest else "", told=told)


def explain(state: State, events: Sequence[Mapping[str, Any]]) -> State:
    """A waiting state with the newest event of its Job or pod: a warning is a reason, anything else a note."""
    if state.phase != "waiting" or state.reason or not events:
        return state
    newest = max(events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    said = f"{newest.get('reason', '')}: {str(newest.get('message', '')).strip()}"
    return replace(state, reason=said) if newest.get("type") == "Warning" else replace(state, note=said)


def finished(job: Mapping[str, Any]) -> Optional[Mapping[str, Any]]:
    """The condition with which a Job ended, Complete or Failed; None while it works."""
    for condition in (job.get("status") or {}).get("conditions") or []:
        if condition["type"] in {"Complete", "Failed"} and condition["status"] == "True":
            return dict(condition)
    return None


def _why(condition: Mapping[str, Any], pod: Optional[Mapping[str, Any]], told: Told) -> str:
    if pod is None or (not told.error and not told.other):
        return f"the Job failed: {condition.get('reason', '')}: {condition.get('message', '')}".rstrip(": ") + "."
    return engine.failure(told)


def _blocked(pod: Mapping[str, Any]) -> str:
    """Why a pod can never start, or nothing."""
    for status in (pod.get("status") or {}).get("containerStatuses") or []:
        waiting = (status.get("state") or {}).get("waiting") or {}
        step = _HOPELESS.get(waiting.get("reason", ""))
        if step:
            said = str(waiting.get("message", "")).rstrip(".")
            return f"pod {pod['metadata']['name']} cannot start ({waiting['reason']}: {said}). {step}"
    return ""


def _unschedulable(pod: Mapping[str, Any]) -> str:
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"pod {pod['metadata']['name']} finds no node: {condition.get('message', '')}"
    return ""
