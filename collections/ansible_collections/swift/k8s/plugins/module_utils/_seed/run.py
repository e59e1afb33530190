# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The module's one call: bring the models of one volume a step further, and say how far they are."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._cluster.cluster import Cluster
from . import nodes, site_hub, verification
from .advance import advance, advance_nodes
from .errors import NoVolume
from .forecast import forecast
from .observe import observe
from .step import models
from .wish import Wish, key, parse, validate

_QUICK_SECONDS, _QUICK_LOOKS, _PAUSE_SECONDS = 0.5, 20, 2.0


def run(cluster: Cluster, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Follow Jobs for `follow_seconds` at most; `seeding` in the result says whether they go on after that."""
    wish = parse(params)
    validate(wish)
    verification.validate(params["verify_schedule"], params["verify_timezone"])
    site_hub.validate(params)
    if check_mode:
        return _would(cluster, wish, params)
    deadline = time.monotonic() + params["follow_seconds"]
    followed = dict(params["followed"])
    changed, looks = False, 0
    while True:
        if params["nodes"]:
            result = advance_nodes(cluster, wish, params, followed)
        else:
            result = advance(cluster, wish, followed, params["start_timeout"])
        changed = changed or result["changed"]
        if not result["seeding"]:
            kept, told = _kept(cluster, wish, params, check_mode=False)
            more = {"followed": followed, "verification": told, "warned": _warned(result, told)}
            return {**result, "changed": changed or kept, **more}
        if not params["wait"] or time.monotonic() >= deadline:
            return {**result, "changed": changed, "followed": followed, "warned": []}
        looks += 1
        time.sleep(_QUICK_SECONDS if looks < _QUICK_LOOKS else _PAUSE_SECONDS)


def _warned(result: Mapping[str, Any], told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What people shall read although all went well: hubs that were passed over, damage that a disk has done."""
    return [*result.get("warned", []), *(each["warning"] for each in told.values() if each.get("warning"))]


def _places(wish: Wish, names: Sequence[str]) -> list[Wish]:
    return [nodes.at_node(wish, name) for name in nodes.checked(names)] or [wish]


def _kept(cluster: Cluster, wish: Wish, params: Mapping[str, Any], check_mode: bool) -> tuple[bool, dict[str, Any]]:
    """What stays beside a seeded volume. (changed, place -> how its scheduled verification stands)."""
    schedule = params["verify_schedule"] if wish.models else ""
    places = _places(wish, params["nodes"])
    zone = params["verify_timezone"]
    kept = {place.place: verification.keep(cluster, place, schedule, zone, check_mode) for place in places}
    serves = site_hub.keep(cluster, places[0], params, check_mode)
    changed = serves or any(changed for changed, _told in kept.values())
    return changed, {name: told for name, (_changed, told) in kept.items()}


def _would(cluster: Cluster, wish: Wish, params: Mapping[str, Any]) -> dict[str, Any]:
    """Check mode: what a run would bring. Files and bytes where this host reaches the hub, else the reason why not."""
    places = _places(wish, params["nodes"])
    recorded: Mapping[str, Any] = {}
    missing: Sequence[Mapping[str, Any]] = wish.models
    remove: tuple[str, ...] = ()
    behind: list[str] = []
    try:
        observed = observe(cluster, places[0])
        behind = [place.node for place in places[1:] if observe(cluster, place).missing]
        recorded, missing, remove = observed.recorded, observed.missing, observed.surplus.remove
        waiting = ""
    except NoVolume as error:
        waiting = str(error)
    kept, told = _kept(cluster, wish, params, check_mode=True)
    expected = [forecast(model) for model in missing]
    before = {"models": sorted(recorded)}
    after = {"models": sorted({*recorded, *(key(model) for model in missing)} - set(remove))}
    details = {each["model"]: each["told"] for each in expected}
    return {
        "changed": bool(missing or remove or behind or kept),
        "seeding": False,
        "waiting": waiting,
        "progress": {},
        "would_fetch": expected,
        "would_remove": list(remove),
        "would_fill": behind,
        "verification": told,
        "warned": _warned({}, told),
        "models": [] if missing else models(wish, recorded),
        "diff": {"before": before, "after": {**after, "fetch": details} if details else after},
    }
