# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The module's one call: bring the models of one volume a step further, and say how far they are."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._cluster.cluster import Cluster
from . import act, history
from .errors import NoVolume, SeedError
from .forecast import forecast
from .observe import observe, whole_log
from .plan import Observed, Step, decide
from .wish import RECORD, Wish, key, parse, validate

_QUICK_SECONDS, _QUICK_LOOKS, _PAUSE_SECONDS = 0.5, 20, 2.0


def run(cluster: Cluster, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Follow the Job for `follow_seconds` at most; `seeding` in the result says whether it goes on after that."""
    wish = parse(params)
    validate(wish)
    if check_mode:
        return _would(cluster, wish)
    observed = observe(cluster, wish)
    deadline = time.monotonic() + params["follow_seconds"]
    result: dict[str, Any] = {"changed": False, "seeding": False, "waiting": "", "progress": {}}
    followed, looks = params["followed"] or "", 0
    while True:
        step = decide(observed, wish, followed, params["start_timeout"])
        followed = _take(cluster, wish, observed, step, result) or followed
        if not result["seeding"] or not params["wait"] or time.monotonic() >= deadline:
            return {**result, "job_uid": followed}
        looks += 1
        time.sleep(_QUICK_SECONDS if looks < _QUICK_LOOKS else _PAUSE_SECONDS)
        observed = observe(cluster, wish)


def _take(cluster: Cluster, wish: Wish, observed: Observed, step: Step, result: dict[str, Any]) -> str:
    """Carry one step out and note it in the result. Returns the uid of the Job that is followed from now on."""
    uid = observed.job["metadata"]["uid"] if observed.job else ""
    name = observed.job["metadata"]["name"] if observed.job else ""
    result.update({"seeding": step.verb in {"start", "follow"}, "waiting": "", "job": name or result.get("job", "")})
    result["in_use"] = {name: list(pods) for name, pods in observed.surplus.in_use.items()}
    if step.verb == "finished":
        result["models"] = _models(wish, observed.recorded)
    elif step.verb == "record":
        recorded, news = act.write_record(cluster, wish, observed)
        result.update({"changed": news, "models": _models(wish, recorded), "log": list(observed.state.told.notable)})
        result["removed"] = list(observed.surplus.remove)
        result["history"] = history.record(whole_log(cluster, wish.namespace, observed.state.pod))
        act.give_site_back(cluster, wish, name)
    elif step.verb == "fail":
        act.give_site_back(cluster, wish, name)
        raise SeedError(f"{wish} is not seeded: {observed.state.reason}", list(observed.state.told.notable))
    elif step.verb == "stuck":
        raise SeedError(
            f"{wish} is not seeded: {observed.state.reason.rstrip('.')}. The Job stays, in case that this passes; "
            "else correct what is wrong (node_selector, tolerations, resources, quota, volume), and run again."
        )
    elif step.verb == "follow":
        result.update(
            {"progress": observed.state.told.progress, "waiting": observed.state.reason or observed.state.note}
        )
        if step.new_rate:
            act.set_rate(cluster, wish, name, step.new_rate)
            result["changed"] = True
    else:
        result["waiting"] = act.take_site(cluster, wish, observed)
        if not result["waiting"]:
            made = act.start(cluster, wish, observed, step.clear)
            # A Job that only verifies changes nothing by itself; what it repairs is told by its result.
            result.update({"changed": wish.verify == RECORD, "job": made["metadata"]["name"]})
            return str(made["metadata"]["uid"])
    return uid if step.verb == "follow" else ""


def _models(wish: Wish, recorded: Mapping[str, Any]) -> list[dict[str, Any]]:
    hidden = {"fingerprint"}
    return [
        {"id": model["id"], **{name: value for name, value in recorded[key(model)].items() if name not in hidden}}
        for model in wish.models
    ]


def _would(cluster: Cluster, wish: Wish) -> dict[str, Any]:
    """Check mode: what a run would bring. Files and bytes where this host reaches the hub, else the reason why not."""
    recorded: Mapping[str, Any] = {}
    missing: Sequence[Mapping[str, Any]] = wish.models
    remove: tuple[str, ...] = ()
    try:
        observed = observe(cluster, wish)
        recorded, missing, remove = observed.recorded, observed.missing, observed.surplus.remove
        waiting = ""
    except NoVolume as error:
        waiting = str(error)
    expected = [forecast(model) for model in missing]
    before = {"models": sorted(recorded)}
    after = {"models": sorted({*recorded, *(key(model) for model in missing)} - set(remove))}
    details = {each["model"]: each["told"] for each in expected}
    return {
        "changed": bool(missing or remove),
        "seeding": False,
        "waiting": waiting,
        "progress": {},
        "would_fetch": expected,
        "would_remove": list(remove),
        "models": [] if missing else _models(wish, recorded),
        "diff": {"before": before, "after": {**after, "fetch": details} if details else after},
    }
