# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Who advertises a vendor's devices: ours, somebody else's (adopt it), or two at once (refuse)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .problem import Problem

#: Who serves devices by dynamic resource allocation.
DRA = "dra"


@dataclass(frozen=True)
class Decision:
    """What to do for a vendor: install (ours, new or already there), adopt (leave alone), none."""

    action: str
    owner: str
    problem: Optional[Problem] = None


Owner = Mapping[str, Any]


def unexplained(offering: Iterable[str], owners: Iterable[Owner]) -> list[str]:
    """Return the nodes that offer devices although nobody was found who advertises them.

    Once our own plugin is in the cluster, a node without its pod is a node whose pod restarts.
    """
    entries = list(owners)
    served = {name for owner in entries for name in owner.get("nodes") or []}
    return [] if any(owner.get("managed") for owner in entries) else sorted(set(offering) - served)


def decide(
    variable: str,
    wanted: str,
    ours: str,
    owners: Iterable[Owner],
    selected: Iterable[str],
    mysterious: Iterable[str] = (),
) -> Decision:
    """Decide from the wanted owner, the kind that this role installs, and who is there on the selected nodes.

    An owner counts as ours when its entry says `managed`. On `mysterious` nodes somebody unseen advertises devices.
    """
    if wanted == "none":
        return Decision("none", "none")
    nodes, dark = set(selected), sorted(mysterious)
    if wanted == ours and dark:
        return Decision("install", ours, _mystery(variable, dark))
    if wanted == "auto" and dark and not nodes - set(dark):
        return Decision("adopt", "unknown")
    if not nodes:
        return Decision("none", wanted)
    entries = list(owners)
    foreign = [owner for owner in entries if not owner.get("managed") and _touches(owner, nodes)]
    mine = next((owner for owner in entries if owner.get("managed") and nodes & set(owner.get("nodes") or [])), None)
    if wanted == "auto":
        if not foreign:
            return Decision("install", ours)
        return Decision("adopt", str(foreign[0]["kind"]), _beside(variable, foreign[0], mine) if mine else None)
    if wanted == ours:
        return Decision("install", ours, _rival(variable, wanted, foreign[0], nodes) if foreign else None)
    other = [owner for owner in foreign if owner["kind"] != wanted]
    theirs = next((owner for owner in foreign if owner["kind"] == wanted), None)
    if theirs and other:
        return Decision("adopt", wanted, _rival(variable, wanted, other[0], nodes))
    if theirs:
        return Decision("adopt", wanted, _beside(variable, theirs, mine) if mine else None)
    return Decision("none", wanted, _not_there(variable, wanted, ours))


def _touches(owner: Owner, nodes: set[str]) -> bool:
    """An owner without nodes (an operator whose pods are not up yet) owns them all."""
    return not owner.get("nodes") or bool(nodes & set(owner["nodes"]))


def _place(owner: Owner) -> str:
    return f"{owner.get('namespace') or 'cluster'}/{owner.get('name') or owner['kind']}"


def _beside(variable: str, owner: Owner, mine: Owner) -> Problem:
    """To adopt the one would be to take the labels, and with them the plugin, from the nodes of the other."""
    served = sorted(mine["nodes"])
    told = ", ".join(served[:3]) + (" and others" if served[3:] else "")
    return Problem(
        subject=f"{len(served)} node{'s' if len(served) != 1 else ''}",
        message=f"{owner['kind']} ({_place(owner)}) owns {owner.get('resource') or 'devices'} of selected nodes, and "
        f"the plugin of this collection ({_place(mine)}) serves {told}: it would lose them.",
        next_step=f"Select the nodes of one of them in {variable}.nodes, or remove ours first with "
        "device_plugin_state: absent.",
    )


def _rival(variable: str, wanted: str, owner: Owner, nodes: set[str]) -> Problem:
    shared = len(nodes & set(owner.get("nodes") or nodes))
    where = _place(owner)
    advice = f"Set {variable}.owner: {'auto' if owner['kind'] == wanted else owner['kind']} to use what is there"
    return Problem(
        subject=f"{shared} node{'s' if shared != 1 else ''}",
        message=f"{owner['kind']} ({where}) already owns {owner.get('resource') or 'the devices'} there; "
        f"{variable}.owner is {wanted}. Two plugins for one resource break each other.",
        next_step=f"{advice}, or remove {where} first.",
    )


def _mystery(variable: str, nodes: list[str]) -> Problem:
    return Problem(
        subject=f"{len(nodes)} node{'s' if len(nodes) > 1 else ''}",
        message=f"{', '.join(nodes[:3])}{' and others' if len(nodes) > 3 else ''} offer devices already, "
        "but no DaemonSet was found that advertises them. A second plugin would break the first.",
        next_step=f"Find out what does (a static pod, a service of the node); or set {variable}.owner: auto to use it.",
    )


def _not_there(variable: str, wanted: str, ours: str) -> Problem:
    return Problem(
        subject=variable,
        message=f"{variable}.owner is {wanted}, but {wanted} was not found on the selected nodes.",
        next_step=f"Install {wanted} first, or set owner: {ours} to have its plugin installed by this run.",
    )
