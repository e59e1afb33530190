# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the inventory asks for, in the form rules look at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._cluster.quantity import parse_quantity
from .._release.options import merged
from .._storage.arguments import ACCESS_MODES
from .._storage.claim import is_namespace
from .entries import strange_keys, strange_rates
from .errors import RuleError
from .nearest import unknown
from .room import room

KEYS = (
    "namespace",
    "offline",
    "registry",
    "cluster_uid",
    "device_plugin",
    "claims",
    "storage_classes",
    "releases",
    "chart",
    "release_defaults",
    "images",
    "smoke_image",
    "seed_image",
    "models",
    "models_claim",
    "models_namespace",
    "rates",
    "rate_schedule",
    "serves_site",
    "node_caches",
    "site_hub",
    "variables",
    "known_variables",
    "pod_namespaces",
)
#: Parts of the chart's values that preflight looks into.
_SECTIONS = (
    "accelerator",
    "cache",
    "engine",
    "env",
    "eval",
    "model",
    "nodeSelector",
    "proxy",
    "queue",
    "resources",
    "train",
    "ui",
)
#: Tasks of the chart that are Deployments; the others are Jobs.
SERVICES = ("deploy", "embedding", "reranker", "app", "web-ui")


def normalise(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return complete wishes from the role's variables."""
    extra = set(raw) - set(KEYS)
    if extra:
        raise RuleError(f"wishes: unknown key {sorted(extra)[0]!r}; known are {', '.join(KEYS)}")
    namespace = raw.get("namespace") or "ms-swift"
    registry = raw.get("registry") or ""
    # The role ms_swift puts the mirror under everything else, so that defaults and entries may name another one.
    defaults = merged({"image": {"registry": registry}} if registry else {}, raw.get("release_defaults") or {})
    chart = {"chart": raw.get("chart")}
    releases = [_release({**chart, **item}, defaults, namespace) for item in raw.get("releases") or []]
    models, holder = list(raw.get("models") or []), raw.get("models_claim")
    claims = [{"namespace": namespace, **_claim(item)} for item in raw.get("claims") or []]
    claims = [{**item, "holds_models": item.get("name") == holder} for item in claims]
    claims = [{**item, "room": room(item, models) if item["holds_models"] else None} for item in claims]
    _name(namespace, "swift_k8s_namespace")
    _name(raw.get("models_namespace") or namespace, "model_cache_namespace")
    for item in releases:
        _name(item["namespace"], f"release {item['name']}")
    return {
        **{key: raw.get(key) for key in KEYS},
        "namespace": namespace,
        "device_plugin": raw.get("device_plugin") or {},
        "releases": [release for release in releases if release["state"] == "present"],
        "claims": [claim for claim in claims if claim.get("state", "present") == "present"],
        "registry": registry,
        "images": list(raw.get("images") or []),
        "models": models,
        "models_namespace": raw.get("models_namespace") or namespace,
        "strange_keys": strange_keys(raw),
        "strange_rates": strange_rates(raw.get("rates") or {}, raw.get("rate_schedule")),
        "serves_site": bool(raw.get("serves_site")),
        "node_caches": bool(raw.get("node_caches")),
        "site_hub": str(raw.get("site_hub") or ""),
        "storage_classes": list(raw.get("storage_classes") or []),
    }


def _name(namespace: Any, place: str) -> None:
    if not is_namespace(str(namespace)):
        raise RuleError(
            f"{place}: {namespace!r} is no name of a namespace; write lower-case letters, digits and dashes, at most 63"
        )


def _claim(item: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in item.items() if value is not None}
    if not given.get("name"):
        raise RuleError(f"storage_claims: an entry has no name: {given}")
    try:
        parse_quantity(given.get("size", 0))
    except ValueError as error:
        raise RuleError(
            f"claim {given['name']}: size {given['size']!r} is no size; write a number and a unit, e.g. 200Gi"
        ) from error
    modes = given.get("access_modes") or []
    for mode in [modes] if isinstance(modes, str) else modes:
        if mode not in ACCESS_MODES:
            raise RuleError(f"claim {given['name']}: {unknown('access mode', str(mode), ACCESS_MODES)}")
    return given


def _release(item: Mapping[str, Any], defaults: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    values = merged(defaults, item.get("values") or {})
    _check(str(item.get("name")), values)
    model = item.get("model")
    return {
        "name": item.get("name"),
        "values": values,
        "namespace": item.get("namespace") or namespace,
        "chart": "" if item.get("chart_repo_url") else str(item.get("chart") or ""),
        "state": item.get("state") or "present",
        "model": model,
        "model_id": _model_id(model, values),
        "replicas": _pods(values),
        "backend": (values.get("engine") or {}).get("backend") or "",
        "memory_mib": item.get("memory_mib"),
        # auto takes a class only where it exists.
        "runtime_class": None if values.get("runtimeClassName") in (None, "", "auto") else values["runtimeClassName"],
        "volcano": bool((values.get("queue") or {}).get("volcano")),
        "node_selector": dict(values.get("nodeSelector") or {}),
        "tolerations": list(values.get("tolerations") or []),
    }


def _model_id(model: Any, values: Mapping[str, Any]) -> str:
    """The role takes a hub's id, or a mapping with the chart's own keys, which the values of a release override."""
    own = model.get("id") if isinstance(model, Mapping) else model
    return str((values.get("model") or {}).get("id") or own or (values.get("env") or {}).get("MODEL_NAME") or "")


def _check(name: str, values: Mapping[str, Any]) -> None:
    """Refuse what the chart would refuse as well, and nothing could be reckoned with."""
    for key in _SECTIONS:
        if not isinstance(values.get(key) or {}, Mapping):
            raise RuleError(f"release {name}: {key} is {values[key]!r}; write a mapping, as in the chart's values.yaml")
    engine, train = values.get("engine") or {}, values.get("train") or {}
    numbers = {
        "replicaCount": values.get("replicaCount"),
        "engine.nodes": engine.get("nodes"),
        "engine.maxModelLen": engine.get("maxModelLen"),
        "engine.tensorParallel": engine.get("tensorParallel"),
        "train.nodes": train.get("nodes"),
        "accelerator.count": (values.get("accelerator") or {}).get("count"),
    }
    for key, value in numbers.items():
        if value not in (None, "") and not re.fullmatch(r"\d+", str(value)):
            raise RuleError(f"release {name}: {key} is {value!r}, which is no whole number from 0 on")
    tolerations = values.get("tolerations") or []
    if not isinstance(tolerations, list) or not all(isinstance(one, Mapping) for one in tolerations):
        raise RuleError(
            f"release {name}: tolerations is {tolerations!r}; write a list of {{key: gpu, operator: Exists}}"
        )


def _pods(values: Mapping[str, Any]) -> int:
    """Return how many pods run at once: of a service each copy of the model may take several, of a Job its nodes."""
    if (values.get("task") or "deploy") in SERVICES:
        replicas = values.get("replicaCount")
        return int(1 if replicas is None else replicas) * int((values.get("engine") or {}).get("nodes") or 1)
    return int((values.get("train") or {}).get("nodes") or 1)
