# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The module's one call: bring the models of one volume a step further, and say how far they are."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._cache.rate import UNLIMITED
from .._cluster.cluster import Cluster
from . import nodes, selection, server, site_hub, verification
from .advance import advance, advance_nodes
from .errors import NoNodes, NoVolume
from .forecast import forecast
from .observe import observe
from .others import foreign, sentence
from .step import models
from .wish import Wish, key, parse, validate

#: beside volumes of nodes that are not known yet
UNKNOWN = (verification.Kept(False, {}, []), False)
_QUICK_SECONDS, _QUICK_LOOKS, _PAUSE_SECONDS = 0.5, 20, 2.0


def run(cluster: Cluster, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Follow Jobs for `follow_seconds` at most; `seeding` in the result says whether they go on after that."""
    params = {**params, **{name: params[name] or UNLIMITED for name in ("rate_limit", "lan_rate_limit")}}
    wish = parse(params)
    site_hub.validate(params)
    validate(wish)
    verification.validate(params["verify_schedule"], params["verify_timezone"])
    server.validate(params["lan_rate_limit"])
    nodes.wave(params["wave"], 1)
    if check_mode:
        return _would(cluster, wish, params)
    selected = selection.select(cluster, params) if selection.wanted(params) else selection.Selected(())
    deadline = time.monotonic() + params["follow_seconds"]
    followed = dict(params["followed"])
    changed, looks = False, 0
    while True:
        if selected.names:
            result = advance_nodes(cluster, wish, selected.names, params, followed)
        else:
            result = advance(cluster, wish, followed, params["start_timeout"])
        changed = changed or result["changed"]
        if not result["seeding"]:
            verified, serves = _kept(cluster, wish, selected, params, check_mode=False)
            warned = [*selected.left_out, *_warned(result, verified.told)]
            more = {"followed": followed, "verification": verified.told, "unscheduled": verified.gone, "warned": warned}
            return {**result, "changed": changed or verified.changed or serves, **more}
        if not params["wait"] or time.monotonic() >= deadline:
            warned = [] if params["wait"] or result["job"] else [f"No Job was started: {result['waiting']}."]
            return {**result, "changed": changed, "followed": followed, "warned": warned}
        looks += 1
        time.sleep(_QUICK_SECONDS if looks < _QUICK_LOOKS else _PAUSE_SECONDS)


def _warned(result: Mapping[str, Any], told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What people shall read although all went well: hubs that were passed over, damage that a disk has done."""
    return [*result.get("warned", []), *(each["warning"] for each in told.values() if each.get("warning"))]


def _places(wish: Wish, names: Sequence[str]) -> list[Wish]:
    return [nodes.at_node(wish, name) for name in names] or [wish]


def _kept(
    cluster: Cluster, wish: Wish, selected: selection.Selected, params: Mapping[str, Any], check_mode: bool
) -> tuple[verification.Kept, bool]:
    """What stays beside a seeded volume: its scheduled verification, and whether its serving of a site changes."""
    places = _places(wish, selected.names)
    schedule = params["verify_schedule"] if wish.models else ""
    away = [nodes.at_node(wish, name) for name in selected.away]
    kept = verification.keep(cluster, places, schedule, params["verify_timezone"], check_mode, away)
    return kept, site_hub.keep(cluster, places[0], params, check_mode)


def _would(cluster: Cluster, wish: Wish, params: Mapping[str, Any]) -> dict[str, Any]:
    """Check mode: what a run would bring. Files and bytes where this host reaches the hub, else the reason why not."""
    selected = selection.Selected(())
    recorded: Mapping[str, Any] = {}
    missing: Sequence[Mapping[str, Any]] = wish.models
    remove: tuple[str, ...] = ()
    behind: list[str] = []
    waits: list[str] = []
    places = [wish]
    nodes_wished = selection.wanted(params)
    try:
        if nodes_wished:
            selected = selection.select(cluster, params)
        places = _places(wish, selected.names)
        observed = observe(cluster, places[0])
        behind = [place.node for place in places[1:] if observe(cluster, place).missing]
        recorded, missing, remove = observed.recorded, observed.missing, observed.surplus.remove
        waits = [sentence(each, wish, False) for each in foreign(observed.others, wish, params["start_timeout"])]
        waiting = ""
    except (NoNodes, NoVolume) as error:
        waiting = str(error)
    # where no node is found yet, nobody knows whose verification would stay
    known = selected.names or not nodes_wished
    verified, serves = _kept(cluster, wish, selected, params, check_mode=True) if known else UNKNOWN
    expected = [forecast(model) for model in missing]
    before = {"models": sorted(recorded)}
    after = {"models": sorted({*(set(recorded) - set(remove)), *(key(model) for model in missing)})}
    details = {each["model"]: each["told"] for each in expected}
    return {
        "changed": bool(missing or remove or behind or verified.changed or serves),
        "seeding": False,
        "waiting": waiting,
        "progress": {},
        "would_fetch": expected,
        "would_remove": list(remove),
        "would_fill": behind,
        "verification": verified.told,
        "unscheduled": verified.gone,
        "warned": [*selected.left_out, *waits, *_warned({}, verified.told)],
        "models": [] if missing else models(wish, recorded),
        "diff": {"before": before, "after": {**after, "fetch": details} if details else after},
    }
