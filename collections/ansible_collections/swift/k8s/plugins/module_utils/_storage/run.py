# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The storage module's one call: wishes in, result out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .._cluster.cluster import Cluster
from .._cluster.errors import Conflict
from . import classes as storage_classes
from .action import Action, diff
from .apply import observe, perform, settle
from .claim import Claim, parse_all, texts
from .plan import Observed, plan_claim, plan_classes, plan_namespaces, retain

#: Somebody who changes what we read does so once or twice; more is a fight that a person must end.
_LOOKS = 3


def run(cluster: Cluster, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Bring classes and claims to the wish; in check mode only say what would be done."""
    claims = parse_all(params["claims"] or [], params["namespace"])
    wishes = [storage_classes.wished(option) for option in params["classes"] or []]

    def plan(observed: Observed) -> list[Action]:
        first = plan_classes(wishes, observed)
        known = replace(observed, classes={**observed.classes, **_changed(wishes, first, observed)})
        namespaces = plan_namespaces(claims, observed, texts(params["namespace_labels"]))
        return [*first, *namespaces, *(action for claim in claims for action in plan_claim(claim, known))]

    observed = observe(cluster, claims)
    if check_mode:
        actions = plan(observed)
    else:
        actions, observed = _carry_out(cluster, claims, plan, observed)
        if params["wait"]:
            observed = settle(cluster, claims, observed, params["wait_timeout"])
        actions += _retain(cluster, claims, observed)
    return {
        "changed": bool(actions),
        "diff": diff(actions),
        "claims": [_summary(claim, observed, actions) for claim in claims],
    }


def _carry_out(
    cluster: Cluster, claims: list[Claim], plan: Callable[[Observed], list[Action]], observed: Observed
) -> tuple[list[Action], Observed]:
    """What was done, and how it looks then. Two runs may miss the same claim: the second to make it looks again."""
    done: list[Action] = []
    looks = 1
    while not _performed(cluster, plan(observed), done, last=looks == _LOOKS):
        looks += 1
        observed = observe(cluster, claims)
    return done, observe(cluster, claims) if done else observed


def _performed(cluster: Cluster, actions: list[Action], done: list[Action], last: bool) -> bool:
    """Do them, and say whether nobody else was faster; on the last look that is an error."""
    try:
        for action in actions:
            perform(cluster, action)
            done.append(action)
    except Conflict:
        if last:
            raise
        return False
    return True


def _changed(wishes: list[dict[str, Any]], actions: list[Action], observed: Observed) -> dict[str, Mapping[str, Any]]:
    """The classes that are made or changed, as the claims will find them."""
    names = {action.name for action in actions}
    changed: dict[str, Mapping[str, Any]] = {}
    for wish in wishes:
        name = wish["metadata"]["name"]
        if name in names:
            before = (observed.classes.get(name) or {}).get("metadata") or {}
            changed[name] = {**wish, "metadata": {**before, **wish["metadata"]}}
    return changed


def _retain(cluster: Cluster, claims: list[Claim], observed: Observed) -> list[Action]:
    """Volumes that a provisioner made just now get the policy that keeps them."""
    done = []
    for claim in claims:
        found = observed.claims.get(claim.key)
        if claim.state == "present" and found is not None:
            for action in retain(found, observed.volumes.get(found["spec"].get("volumeName", ""))):
                perform(cluster, action)
                done.append(action)
    return done


def _summary(claim: Claim, observed: Observed, actions: list[Action]) -> dict[str, Any]:
    found = observed.claims.get(claim.key) or {}
    spec, status = found.get("spec") or {}, found.get("status") or {}
    place = ("PersistentVolumeClaim", *claim.key)
    own = [action.verb for action in actions if (action.kind, action.namespace, action.name) == place]
    return {
        "name": claim.name,
        "namespace": claim.namespace,
        "action": own[0] if own else "none",
        "phase": status.get("phase", ""),
        "volume": spec.get("volumeName", ""),
        "storage_class": spec.get("storageClassName", ""),
        "size": (status.get("capacity") or {}).get("storage", ""),
        "access_modes": spec.get("accessModes", []),
    }
