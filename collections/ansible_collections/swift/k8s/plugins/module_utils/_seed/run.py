# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The module's one call: bring the models of one volume a step further, and say how far they are."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._cluster.cluster import Cluster
from . import nodes, verification
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
    verification.validate(params["verify_schedule"])
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
            watched, told = _verification(cluster, wish, params, check_mode=False)
            return {**result, "changed": changed or watched, "followed": followed, "verification": told}
        if not params["wait"] or time.monotonic() >= deadline:
            return {**result, "changed": changed, "followed": followed}
        looks += 1
        time.sleep(_QUICK_SECONDS if looks < _QUICK_LOOKS else _PAUSE_SECONDS)


def _places(wish: Wish, names: Sequence[str]) -> list[Wish]:
    return [nodes.at_node(wish, name) for name in nodes.checked(names)] or [wish]


def _verification(
    cluster: Cluster, wish: Wish, params: Mapping[str, Any], check_mode: bool
) -> tuple[bool, dict[str, Any]]:
    """(changed, place -> how its scheduled verification stands)."""
    schedule = params["verify_schedule"] if wish.models else ""
    kept = {
        place.place: verification.keep(cluster, place, schedule, check_mode) for place in _places(wish, params["nodes"])
    }
    return any(changed for changed, _told in kept.values()), {name: told for name, (_changed, told) in kept.items()}


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
    watched, told = _verification(cluster, wish, params, check_mode=True)
    expected = [forecast(model) for model in missing]
    before = {"models": sorted(recorded)}
    after = {"models": sorted({*recorded, *(key(model) for model in missing)} - set(remove))}
    details = {each["model"]: each["told"] for each in expected}
    return {
        "changed": bool(missing or remove or behind or watched),
        "seeding": False,
        "waiting": waiting,
        "progress": {},
        "would_fetch": expected,
        "would_remove": list(remove),
        "would_fill": behind,
        "verification": told,
        "models": [] if missing else models(wish, recorded),
        "diff": {"before": before, "after": {**after, "fetch": details} if details else after},
    }
