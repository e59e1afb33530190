# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the inventory asks for, in the form rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._plan.need import least_device_mib
from .errors import RuleError
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
    "release_defaults",
    "images",
    "models",
    "models_claim",
    "serves_site",
    "node_caches",
    "variables",
    "known_variables",
    "pod_namespaces",
)
DEVICE_PREFIXES = {"nvidia.com/": "nvidia", "huawei.com/": "ascend"}


def normalise(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return complete wishes from the role's variables."""
    extra = set(raw) - set(KEYS)
    if extra:
        raise RuleError(f"wishes: unknown key {sorted(extra)[0]!r}; known are {', '.join(KEYS)}")
    namespace = raw.get("namespace") or "ms-swift"
    defaults = raw.get("release_defaults") or {}
    releases = [_release(item, defaults, namespace) for item in raw.get("releases") or []]
    models, holder = list(raw.get("models") or []), raw.get("models_claim")
    claims = [{"namespace": namespace, **_given(item)} for item in raw.get("claims") or []]
    claims = [{**item, "room": room(item, models) if item.get("name") == holder else None} for item in claims]
    return {
        **{key: raw.get(key) for key in KEYS},
        "namespace": namespace,
        "device_plugin": raw.get("device_plugin") or {},
        "releases": [release for release in releases if release["state"] == "present"],
        "claims": [claim for claim in claims if claim.get("state", "present") == "present"],
        "images": list(raw.get("images") or []),
        "models": models,
        "serves_site": bool(raw.get("serves_site")),
        "node_caches": bool(raw.get("node_caches")),
        "storage_classes": list(raw.get("storage_classes") or []),
    }


def _given(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if value is not None}


def _release(item: Mapping[str, Any], defaults: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    values = _merge(defaults, item.get("values") or {})
    accelerator = values.get("accelerator") or {}
    resource, limit = _limit(values.get("resources") or {})
    vendor = accelerator.get("vendor") or next(
        (name for prefix, name in DEVICE_PREFIXES.items() if resource.startswith(prefix)), ""
    )
    count = int(accelerator.get("count") or limit or (0 if vendor in {"", "auto", "cpu"} else 1))
    engine = values.get("engine") or {}
    backend, context = engine.get("backend") or "", int(engine.get("maxModelLen") or 0)
    needed = least_device_mib(str(item.get("model") or ""), count, backend, context)
    return {
        "name": item.get("name"),
        "values": values,
        "namespace": item.get("namespace") or namespace,
        "state": item.get("state") or "present",
        "model": item.get("model"),
        "vendor": vendor or "auto",
        "resource": accelerator.get("resource") or resource,
        "count": count,
        "replicas": int(values.get("replicaCount") or 1),
        "backend": backend,
        "memory_mib": item.get("memory_mib") or needed,
        "limits": _limits(values.get("resources") or {}, accelerator.get("resource") or resource, count),
        "runtime_class": values.get("runtimeClassName") or None,
        "volcano": bool((values.get("queue") or {}).get("volcano")),
        "node_selector": dict(values.get("nodeSelector") or {}),
        "image_name": _image(values.get("image") or {}),
    }


def _limit(resources: Mapping[str, Any]) -> tuple[str, int]:
    """Return the device resource among the limits, and how many of it."""
    for name, amount in (resources.get("limits") or {}).items():
        if name.startswith(tuple(DEVICE_PREFIXES)):
            return name, int(amount)
    return "", 0


def _limits(resources: Mapping[str, Any], device: str, count: int) -> dict[str, Any]:
    """Return the limits of the engine's container, as far as the inventory names them."""
    named = {name: value for name, value in (resources.get("limits") or {}).items() if not isinstance(value, Mapping)}
    return {**named, **({device: count} if device and count else {})}


def _image(image: Any) -> str:
    if isinstance(image, str):
        return image
    if not image.get("repository") or not (image.get("tag") or image.get("digest")):
        return ""
    path = "/".join(part for part in (image.get("registry"), image["repository"]) if part)
    return f"{path}@{image['digest']}" if image.get("digest") else f"{path}:{image['tag']}"


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        both = isinstance(result.get(key), Mapping) and isinstance(value, Mapping)
        result[key] = _merge(result[key], value) if both else value
    return result
