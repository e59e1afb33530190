# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What only a look at the cluster and at registries tells. Nothing here writes, and nothing judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any, Optional, Protocol

from .._cluster.reader import Reader
from .._seed import record
from . import limitrange, namespaces, permissions, published, signs
from .clock import skews
from .images import parse
from .nearest import nearest
from .places import eligible
from .registry import Registries
from .tolerant import Tolerant

REGISTRY_THREADS = 8
#: Node feature discovery, and its tag in each version of NVIDIA's chart that is known to bring it.
NFD = "registry.k8s.io/nfd/node-feature-discovery"
NFD_TAGS = {"0.20.0": "v0.19.0"}


Data = Mapping[str, Any]
Checks = list[dict[str, str]]
Answers = list[bool]


class Cluster(Reader, Protocol):
    """What this file uses of `_cluster`."""

    def can_i(self, checks: Checks) -> Answers:
        """Answer access reviews in order."""

    def whoami(self) -> str:
        """Return the name that the API server knows the credentials by; empty where it does not tell."""


def observe(cluster: Cluster, facts: Data, wishes: Data, plan: Data) -> dict[str, Any]:
    """Return what the API server knows about the wishes."""
    visible = Tolerant(cluster)
    claims = _claims(visible, wishes)
    leases = visible.list("coordination.k8s.io/v1", "Lease", namespace="kube-node-lease")
    spaces = _namespaces(visible, facts, wishes, plan, list(claims))
    return {
        **lacking(cluster, facts, wishes, plan, [item["name"] for item in spaces if not item["exists"]]),
        "claims": claims,
        "models_claim": _models_claim(visible, wishes),
        "seeded": _seeded(cluster, wishes),
        "namespaces": spaces,
        "clock_skew": skews(leases, datetime.now(timezone.utc)),
        "signs": signs.signs(visible, facts),
        "unseen": visible.unseen,
    }


def lacking(cluster: Cluster, facts: Data, wishes: Data, plan: Data, absent: Iterable[str] = ()) -> dict[str, Any]:
    """Return the rights that are missing: `permissions` as subjects, and `roles` that would give them."""
    access = permissions.needed(wishes, plan, facts.get("apis") or [], absent)
    checks = [check for item in access for check in item.checks()]
    # Administrators are most; one question spares them a hundred.
    if cluster.can_i([{"verb": "*", "group": "*", "resource": "*"}]) == [True]:
        return {"permissions": [], "roles": []}
    answers = cluster.can_i(checks)
    return {
        "permissions": permissions.subjects(permissions.denied(access, answers, optional=False)),
        "roles": [] if all(answers) else permissions.documents(access, cluster.whoami()),
    }


def _claims(cluster: Tolerant, wishes: Data) -> dict[str, dict[str, Any]]:
    """Return `namespace/name` -> access modes and phase of the claims that exist."""
    found = {}
    for namespace in sorted({claim["namespace"] for claim in wishes["claims"]}):
        for item in cluster.list("v1", "PersistentVolumeClaim", namespace=namespace):
            found[f"{namespace}/{item['metadata']['name']}"] = {
                "access_modes": (item.get("spec") or {}).get("accessModes") or [],
                "phase": (item.get("status") or {}).get("phase"),
            }
    return found


def _models_claim(cluster: Tolerant, wishes: Data) -> dict[str, str]:
    """Return the claim for the models, where neither the inventory wishes it nor the cluster has it."""
    name, namespace = wishes["models_claim"], wishes["models_namespace"]
    wished = {str(claim["name"]) for claim in wishes["claims"]}
    if not name or not wishes["models"] or name in wished:
        return {}
    hidden = len(cluster.unseen)
    if cluster.get("v1", "PersistentVolumeClaim", name, namespace) or len(cluster.unseen) > hidden:
        return {}
    close = nearest(name, wished)
    return {
        "name": name,
        "namespace": namespace,
        "advice": (f"Did you mean {close}? " if close else "") + "Add it to storage_claims, or name one that is there.",
    }


def _seeded(cluster: Cluster, wishes: Data) -> Optional[set[str]]:
    """Return the fingerprints of the models that the record beside their claim names; None where it may not be seen."""
    if not wishes["models"] or not wishes["models_claim"]:
        return set()
    visible, name = Tolerant(cluster), record.name(wishes["models_claim"])
    found = visible.get("v1", "ConfigMap", name, wishes["models_namespace"])
    return None if visible.unseen else record.fingerprints(found)


def _namespaces(cluster: Tolerant, facts: Data, wishes: Data, plan: Data, claims: list[str]) -> list[dict[str, Any]]:
    result = []
    for name, wish in sorted(namespaces.wished(wishes, plan).items()):
        live = cluster.get("v1", "Namespace", name)
        quotas = cluster.list("v1", "ResourceQuota", namespace=name) if live else []
        ranges = cluster.list("v1", "LimitRange", namespace=name) if live else []
        installed = [item.get("name", "") for item in facts.get("releases") or [] if item.get("namespace") == name]
        demand = namespaces.demand_of(name, wishes, installed, claims)
        limits = {
            "limits": limitrange.exceeded(ranges, name, wishes),
            "starved": limitrange.starved(ranges, name, wishes),
        }
        result.append({**namespaces.subject(name, wish, live, quotas, demand), **limits})
    return result


def wished_images(facts: Data, wishes: Data, plan: Data) -> dict[str, dict[str, Any]]:
    """Return image -> who uses it and the architectures of the nodes it may run on."""
    by_name = {node["name"]: str(node.get("arch") or "") for node in facts.get("nodes") or []}
    everywhere = set(by_name.values()) - {""}
    result: dict[str, dict[str, Any]] = {}

    def add(image: str, user: str, architectures: set[str]) -> None:
        entry = result.setdefault(image, {"used_by": [], "needs": set()})
        entry["used_by"].append(user)
        entry["needs"] |= architectures

    for vendor, part in (plan.get("vendors") or {}).items():
        for image in _plugin_images(part):
            add(image, f"{vendor} device plugin", {by_name[name] for name in part["nodes"]} - {""})
    for release in wishes["releases"]:
        for image in release["images"]:
            add(image, f"release {release['name']}", _architectures(facts, release))
    for user, image in _others(wishes):
        add(image, user, everywhere if len(everywhere) == 1 else set())
    return result


def _architectures(facts: Data, release: Data) -> set[str]:
    """Return the architectures of the nodes that could carry the release, as far as its devices tell which."""
    nodes = [node for node in facts.get("nodes") or [] if eligible(node, release)]
    with_devices = [
        node
        for node in nodes
        if any(device.get("resource") == release["resource"] for device in node.get("accelerators") or [])
    ]
    found = {str(node.get("arch") or "") for node in (with_devices if release["resource"] else nodes)} - {""}
    return found if release["resource"] or len(found) == 1 else set()


def _others(wishes: Data) -> list[tuple[str, str]]:
    """Return who starts an image besides device plugins and releases, and that image."""
    seeding = (wishes.get("seed_image") or published.seeding(wishes["registry"])) if wishes["models"] else ""
    named = [("model_cache_image", seeding), ("device_plugin_smoke_image", wishes.get("smoke_image") or "")]
    return [pair for pair in named if pair[1]] + [("preflight_images", image) for image in wishes["images"]]


def _plugin_images(part: Data) -> list[str]:
    if part.get("action") != "install" or not part.get("nodes"):
        return []
    if part.get("values"):
        image, more = part["values"].get("image") or {}, _feature_discovery(part)
        more += [part["mig_manager"]["image"]] if part.get("mig_manager") else []
        named = image.get("repository") and image.get("tag")
        return [f"{image['repository']}:{image['tag']}", *more] if named else more
    exporter = [part["exporter_image"]] if part["options"].get("exporter") else []
    return [part["image"], *exporter] if part.get("image") else exporter


def _feature_discovery(part: Data) -> list[str]:
    """Return the image of the sub-chart that labels nodes by their hardware."""
    values = part["values"].get("nfd") or {}
    image = values.get("image") or {}
    tag = image.get("tag") or NFD_TAGS.get(str(part["options"].get("version")))
    return [f"{image.get('repository') or NFD}:{tag}"] if values.get("enabled") and tag else []


def images(registries: Registries, wanted: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what the registries say about the wanted images."""
    names = sorted(wanted)
    with ThreadPoolExecutor(max_workers=REGISTRY_THREADS) as pool:
        answers = list(pool.map(registries.look, names))
    return [
        {
            "image": name,
            "registry": parse(name).registry,
            "used_by": sorted(wanted[name]["used_by"]),
            "missing_architectures": sorted(wanted[name]["needs"] - set(answer["architectures"]))
            if answer["architectures"]
            else [],
            **answer,
        }
        for name, answer in zip(names, answers)
    ]
