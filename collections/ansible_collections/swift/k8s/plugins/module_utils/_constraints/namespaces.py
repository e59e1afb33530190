# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Namespaces of the wishes: Pod Security level and quota."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._storage.quantity import bytes_of

ENFORCE = "pod-security.kubernetes.io/enforce"
MANAGED_BY = "app.kubernetes.io/managed-by"
RANKS = {"privileged": 0, "baseline": 1, "restricted": 2}
Object = Mapping[str, Any]


def wished(wishes: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return namespace -> the lowest level its pods need, who needs it, and whether this run sets the level itself."""
    result: dict[str, dict[str, Any]] = {}
    for item in [*wishes["releases"], *wishes["claims"]]:
        result[item["namespace"]] = {"needed": "restricted", "needed_by": item["name"], "managed": False}
    for vendor, part in (plan.get("vendors") or {}).items():
        if part.get("action") == "install" and part.get("nodes"):
            namespace = part["options"].get("namespace")
            result[namespace or "kube-system"] = {
                "needed": "privileged",
                "needed_by": f"the {vendor} device plugin",
                "managed": bool(namespace),
            }
    return result


def subject(
    name: str, wish: Mapping[str, Any], live: Object | None, quotas: Iterable[Object], demand: Mapping[str, float]
) -> dict[str, Any]:
    """Return the subject of a namespace; `demand` is what the run adds, by the quota's resource names."""
    labels = ((live or {}).get("metadata") or {}).get("labels") or {}
    enforce = labels.get(ENFORCE)
    return {
        "subject": f"namespace {name}",
        "name": name,
        "exists": live is not None,
        "enforce": enforce,
        "enforce_rank": RANKS.get(enforce or ""),
        "needed_rank": RANKS[wish["needed"]],
        **wish,
        # A namespace that somebody else made keeps the level that it has.
        "managed": wish["managed"] and (live is None or labels.get(MANAGED_BY) == "swift-k8s"),
        "quota": [text for quota in quotas for text in _exceeded(quota, demand)],
    }


def demand_of(
    namespace: str, wishes: Mapping[str, Any], installed: Iterable[str], claims: Iterable[str]
) -> dict[str, float]:
    """Return what the releases and claims that are not there yet will ask for in the namespace."""
    there, bound = set(installed), set(claims)
    demand: dict[str, float] = {}
    for release in wishes["releases"]:
        if release["namespace"] == namespace and release["name"] not in there and release["resource"]:
            key = f"requests.{release['resource']}"
            demand[key] = demand.get(key, 0) + release["count"] * release["replicas"]
    for claim in wishes["claims"]:
        if claim["namespace"] == namespace and f"{namespace}/{claim['name']}" not in bound:
            demand["persistentvolumeclaims"] = demand.get("persistentvolumeclaims", 0) + 1
            demand["requests.storage"] = demand.get("requests.storage", 0) + bytes_of(str(claim.get("size") or "0"))
    return demand


def _exceeded(quota: Object, demand: Mapping[str, float]) -> list[str]:
    status = quota.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    return [
        f"{name}: {hard[name]} allowed, {used.get(name, '0')} used, {_number(wanted)} more wished"
        for name, wanted in demand.items()
        if name in hard and bytes_of(str(used.get(name, "0"))) + wanted > bytes_of(str(hard[name]))
    ]


def _number(value: float) -> str:
    gibibytes = value / 2**30
    return f"{gibibytes:g}Gi" if gibibytes >= 1 else f"{value:g}"
