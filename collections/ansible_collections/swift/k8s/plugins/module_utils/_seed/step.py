# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""One step of one place (a volume, or a volume on one node): decided elsewhere, carried out and told here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._cluster.cluster import Cluster
from .._cluster.errors import Conflict
from . import act, history, link, references
from .errors import SeedError
from .objects import job_name
from .observe import jobs_of, state_of, unfinished, whole_log
from .others import sentence
from .plan import SUPERSEDED, Observed, Step
from .told import read
from .wish import RECORD, Wish, key

Result = dict[str, Any]

#: between the end of a Job and the start of the one that takes its place
_SUCCESSOR_SECONDS, _PAUSE_SECONDS = 10.0, 0.5


def take(cluster: Cluster, wish: Wish, observed: Observed, step: Step) -> Result:
    """Carry a step out. `uid` in the result is the Job to follow from now on."""
    result = {
        "changed": False,
        "seeding": step.verb in {"start", "follow", "wait"},
        "waiting": "",
        "progress": {},
        "job": observed.job["metadata"]["name"] if observed.job else "",
        "uid": observed.job["metadata"]["uid"] if observed.job and step.verb == "follow" else "",
        "in_use": {name: list(pods) for name, pods in observed.surplus.in_use.items()},
    }
    return {**result, **_ACTS[step.verb](cluster, wish, observed, step)}


def models(wish: Wish, recorded: Mapping[str, Any]) -> list[Result]:
    """The wished models as the record has them."""
    told = [(model["id"], recorded[key(model)]) for model in wish.models]
    return [{"id": name, **{field: each[field] for field in each if field != "fingerprint"}} for name, each in told]


def _finished(_cluster: Cluster, wish: Wish, observed: Observed, _step: Step) -> Result:
    return {"models": models(wish, observed.recorded)}


def _record(cluster: Cluster, wish: Wish, observed: Observed, _step: Step) -> Result:
    recorded, news = act.write_record(cluster, wish, observed)
    past = _past(cluster, wish, observed.state.pod)
    link.give_back(cluster, wish, _name(observed))
    return {**past, "changed": news, "models": models(wish, recorded), "removed": list(observed.surplus.remove)}


def recorded_by_another(cluster: Cluster, wish: Wish, uid: str) -> Result:
    """What the Job did that this run followed, where another run was the first to record the models.

    One that never came to work is taken away: nobody follows it any more, and it would hold up later runs.
    """
    job = next((job for job in jobs_of(cluster, wish) if job["metadata"]["uid"] == uid), None)
    state = state_of(cluster, job)
    if job and unfinished(job) and state.phase != "running":
        act.delete(cluster, job)
        link.give_back(cluster, wish, job["metadata"]["name"])
        return {}
    return {**_past(cluster, wish, state.pod), "changed": bool(state.told.done.get("changed"))} if state.pod else {}


def _past(cluster: Cluster, wish: Wish, pod: str) -> Result:
    """What a finished pod said, from its first line on."""
    log = whole_log(cluster, wish.namespace, pod)
    told = read(log)
    return {"log": list(told.notable), "warned": list(told.warnings), "history": history.record(log)}


def _fail(cluster: Cluster, wish: Wish, observed: Observed, _step: Step) -> Result:
    link.give_back(cluster, wish, _name(observed))
    past = history.record(whole_log(cluster, wish.namespace, observed.state.pod) if observed.state.pod else "")
    raise SeedError(
        f"{wish} is not seeded: {observed.state.reason}",
        list(observed.state.told.notable),
        past if past["finished"] else None,
    )


def _stuck(_cluster: Cluster, wish: Wish, observed: Observed, _step: Step) -> Result:
    raise SeedError(
        f"{wish} is not seeded: {observed.state.reason.rstrip('.')}. The Job stays, in case that this passes; "
        "else correct what is wrong (node_selector, tolerations, resources, quota, volume), and run again."
    )


def _lost(cluster: Cluster, wish: Wish, _observed: Observed, _step: Step) -> Result:
    """A run that wishes more removes the Job and makes its own within seconds."""
    deadline = time.monotonic() + _SUCCESSOR_SECONDS
    while not any(unfinished(job) for job in jobs_of(cluster, wish)):
        if time.monotonic() > deadline:
            raise SeedError(
                f"{wish} is not seeded: somebody removed the Job that this run followed. What was fetched is kept. "
                "Run again to go on."
            )
        time.sleep(_PAUSE_SECONDS)
    return {"seeding": True, "uid": SUPERSEDED, "waiting": "another run takes the place of ours"}


def _wait(_cluster: Cluster, wish: Wish, _observed: Observed, step: Step) -> Result:
    first = step.others[0]
    return {
        "job": "",
        "uid": SUPERSEDED if step.superseded else "",
        "progress": first.state.told.progress,
        "waiting": sentence(first, wish, step.superseded),
    }


def _follow(cluster: Cluster, wish: Wish, observed: Observed, step: Step) -> Result:
    state = observed.state
    link.keep(cluster, wish, _name(observed), state.told.progress)
    return {
        "changed": bool(step.new_rate) and act.set_rate(cluster, wish, _name(observed), step.new_rate),
        "progress": state.told.progress,
        "waiting": (state.reason or state.note) if state.active else "our Job is being removed",
    }


def _start(cluster: Cluster, wish: Wish, observed: Observed, step: Step) -> Result:
    references.check(cluster, wish)
    owner = link.take(cluster, wish, job_name(wish, observed.digest), [job["metadata"]["name"] for job in step.clear])
    if owner:
        return {"job": "", "waiting": f"site {wish.site} is used by {owner}"}
    try:
        made = act.start(cluster, wish, observed, step.clear)["metadata"]
    except Conflict:  # made since we looked: the next look joins it
        return {"waiting": "another run makes the same Job in this moment"}
    # A Job that only verifies changes nothing by itself; what it repairs is told by its result.
    return {"changed": wish.verify == RECORD, "job": made["name"], "uid": made["uid"]}


def _name(observed: Observed) -> str:
    return str(observed.job["metadata"]["name"]) if observed.job else ""


_ACTS = {
    "finished": _finished,
    "record": _record,
    "fail": _fail,
    "stuck": _stuck,
    "lost": _lost,
    "follow": _follow,
    "wait": _wait,
    "start": _start,
}
