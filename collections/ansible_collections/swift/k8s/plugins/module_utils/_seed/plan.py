# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Decide the next step of seeding one volume (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .labels import POD_ANNOTATION
from .others import Other, foreign
from .state import State
from .surplus import NO_SURPLUS, Surplus
from .wish import RECORD, Wish, pod_digest

#: In place of the uid of a Job that this run follows: another run replaced it.
SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Observed:
    """What the cluster has: the claim, what is recorded as missing, and the unfinished Jobs of the volume."""

    claim: Mapping[str, Any]
    recorded: Mapping[str, Any]
    missing: Sequence[Mapping[str, Any]]
    job: Optional[Mapping[str, Any]]
    state: State
    others: Sequence[Other]
    rate: str
    #: seconds since the Job was made
    age: float = 0.0
    surplus: Surplus = NO_SURPLUS
    #: of the Job that does what is to be done
    digest: str = ""


@dataclass(frozen=True)
class Step:
    """What to do next.

    finished: nothing. record: write down what a Job did. follow: watch the Job that works. fail: say why it failed.
    stuck: say why it does not start. lost: see whether another Job takes the place of ours, else say that it is gone.
    wait: let the Jobs of other runs in `others` end. start: make the Job, after clearing away what is in `clear`.
    """

    verb: str
    clear: Sequence[Mapping[str, Any]] = ()
    new_rate: str = ""
    others: Sequence[Other] = ()
    #: another run replaced the Job of ours
    superseded: bool = False


def decide(observed: Observed, wish: Wish, followed: str, start_timeout: float) -> Step:
    """`followed` is the uid of the Job that this run started or joined: its failure is ours, an older one is cleared.

    A finished Job of an earlier run whose log is lost (its node is gone) runs once more: with all files there, that
    takes seconds. So does one where the user asks for the volume to be verified now. Ours is a failure then, or it
    would run for ever. A Job of an earlier run that never found a node, or waits with another image or other settings,
    is made anew: they may have been corrected since. A Job of ours that a person took away is not made again. Where
    another run replaced it, we wait for whatever works on the volume: two runs would take away each other's for ever.
    While it is being removed, its pod ends as one that failed does; that says nothing.
    """
    state = observed.state
    ours = observed.job is not None and observed.job["metadata"]["uid"] == followed
    if not observed.missing and not observed.surplus.remove:
        return Step("finished")
    if state.phase == "done" and state.told.done and (ours or wish.verify == RECORD):
        return Step("record")
    if ours and _leaving(observed.job):
        return Step("follow")
    late = state.phase == "waiting" and bool(state.reason) and observed.age > start_timeout
    if late and ours:
        return Step("stuck")
    outdated = state.phase == "waiting" and not ours and _other_pod(observed.job, wish)
    if state.active and not late and not outdated:
        return Step("follow", new_rate=wish.rate_limit if wish.rate_limit != observed.rate else "")
    if state.phase in {"failed", "done"} and ours:
        return Step("fail")
    taken = observed.job is None and bool(followed)
    others = list(observed.others) if taken else foreign(observed.others, wish, start_timeout)
    if others:
        return Step("wait", others=others, superseded=taken)
    if taken and followed != SUPERSEDED:
        return Step("lost")
    stale = [observed.job] if observed.job is not None else []
    return Step("start", clear=[*stale, *(other.job for other in observed.others)])


def _leaving(job: Optional[Mapping[str, Any]]) -> bool:
    """Whether somebody has deleted the Job, and its pod has not ended yet."""
    return bool(((job or {}).get("metadata") or {}).get("deletionTimestamp"))


def _other_pod(job: Optional[Mapping[str, Any]], wish: Wish) -> bool:
    """Whether a Job was made with an image or settings that the user does not wish any more."""
    made = ((job or {}).get("metadata") or {}).get("annotations") or {}
    return bool(made.get(POD_ANNOTATION) != pod_digest(wish))
