# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""A volume, or the directories of several nodes, a step further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._cluster.cluster import Cluster
from . import nodes, server
from .observe import observe
from .plan import Observed, Step, decide
from .step import Result, recorded_by_another, take
from .wish import RECORD, Wish

#: Place -> uid of the Job that this run follows there, or VERIFIED.
Followed = dict[str, str]
#: In place of a uid: this run has looked there as far as the user wishes, and need not look again for the others' sake.
VERIFIED = "verified"


def advance(cluster: Cluster, wish: Wish, followed: Followed, start_timeout: float) -> Result:
    """One place: look, decide, act."""
    observed = observe(cluster, wish)
    return _go(cluster, wish, observed, _decide(wish, observed, followed, start_timeout), followed)


def advance_nodes(
    cluster: Cluster, wish: Wish, names: Sequence[str], params: Mapping[str, Any], followed: Followed
) -> Result:
    """One node from the hub, then the others from it, a wave at a time."""
    timeout = params["start_timeout"]
    source = _source(cluster, wish, names, followed)
    first = nodes.at_node(wish, source)
    result = advance(cluster, first, followed, timeout)
    if result["seeding"]:
        return result
    rest = [nodes.from_first(wish, name) for name in names if name != source]
    looks = [(each, observe(cluster, each)) for each in rest]
    steps = [(each, seen, _decide(each, seen, followed, timeout)) for each, seen in looks]
    undone = [each for each in steps if each[2].verb != "finished"]
    if not undone:
        server.stop(cluster, first)
        return {**result, "nodes": list(names)}
    if not server.ready(cluster, first, params["lan_rate_limit"]):
        return {**result, "seeding": True, "changed": True, "waiting": f"the server on node {source} starts"}
    told = _wave(cluster, undone, nodes.wave(params["wave"], len(rest)), followed)
    seeding = any(each["seeding"] for each in told) or len(told) < len(undone)
    if not seeding:
        server.stop(cluster, first)
    return {
        **result,
        "seeding": seeding,
        "changed": result["changed"] or any(each["changed"] for each in told),
        "waiting": f"{len(names) - len(undone)} of {len(names)} nodes have the models" if seeding else "",
        "nodes": list(names),
    }


def _source(cluster: Cluster, wish: Wish, names: Sequence[str], followed: Followed) -> str:
    """The node that serves; else the first that has the models, so that a new one needs no link; else the first."""
    serving = server.node(cluster, wish)
    if serving in names:
        return serving
    if nodes.at_node(wish, names[0]).place in followed:
        return names[0]
    return next((name for name in names if not observe(cluster, nodes.at_node(wish, name)).missing), names[0])


def _wave(
    cluster: Cluster, undone: Sequence[tuple[Wish, Observed, Step]], width: int, followed: Followed
) -> list[Result]:
    """Those that work go on; as many start as the wave has room for."""
    working = sum(step.verb == "follow" for _wish, _seen, step in undone)
    told = []
    for wish, seen, step in undone:
        if step.verb == "start":
            if working >= width:
                continue
            working += 1
        told.append(_go(cluster, wish, seen, step, followed))
    return told


def _decide(wish: Wish, observed: Observed, followed: Followed, start_timeout: float) -> Step:
    known = followed.get(wish.place, "")
    return Step("finished") if known == VERIFIED else decide(observed, wish, known, start_timeout)


def _go(cluster: Cluster, wish: Wish, observed: Observed, step: Step, followed: Followed) -> Result:
    result = take(cluster, wish, observed, step)
    known = followed.get(wish.place, "")
    if known == VERIFIED:
        return result
    if step.verb == "finished" and known:
        result.update(recorded_by_another(cluster, wish, known))
    if result["uid"]:
        followed[wish.place] = result["uid"]
    elif step.verb == "record" and wish.verify != RECORD:
        followed[wish.place] = VERIFIED
    else:
        followed.pop(wish.place, None)
    return result
