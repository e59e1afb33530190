# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: ms_swift_probes
short_description: Turn wished ms-swift services into what swift.k8s.openai_probe asks
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Services are asked for the model they serve and for an answer that fits their task.
  - Jobs and removed releases are left out.
positional: _input
options:
  _input:
    description: Entries as the filter P(swift.k8s.ms_swift_releases#filter) returns them.
    type: list
    elements: dict
    required: true
  options:
    description: Options of an entry of C(services) of M(swift.k8s.openai_probe) for all of them.
    type: dict
    default: {}
  checks:
    description: What is asked of a chat model; empty for the usual checks of its task.
    type: list
    elements: str
    default: []
  model:
    description: Whether a service must serve the model that its entry names; after a rollback it may be an earlier one.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Ask every release
  swift.k8s.openai_probe:
    services: "{{ ms_swift_releases | swift.k8s.ms_swift_releases | swift.k8s.ms_swift_probes }}"
"""

RETURN = r"""
_value:
  description: Entries for the option services of M(swift.k8s.openai_probe).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

#: What a service of each task must be able to answer. Tasks that are not here run as Jobs or have no such API.
CHECKS: Mapping[str, tuple[str, ...]] = {
    "deploy": ("health", "models", "chat"),
    "embedding": ("health", "models", "embeddings"),
    "reranker": ("health", "models"),
}


def ms_swift_probes(
    releases: list[Mapping[str, Any]],
    options: Mapping[str, Any] | None = None,
    checks: list[str] | None = None,
    model: bool = True,
) -> list[dict[str, Any]]:
    """What to ask, one entry a service."""
    return [
        _probe(release, options or {}, checks or [], model)
        for release in releases
        if release.get("state", "present") != "absent" and _task(release) in CHECKS and _replicas(release)
    ]


def _probe(release: Mapping[str, Any], options: Mapping[str, Any], checks: list[str], model: bool) -> dict[str, Any]:
    values = release.get("values") or {}
    wanted = checks if checks and _task(release) == "deploy" else CHECKS[_task(release)]
    probe = {
        **options,
        "name": release["name"],
        "namespace": release["namespace"],
        **_place(release),
        "checks": list(wanted),
    }
    served = _served(values)
    if served and model:
        probe["model"] = served
    key = values.get("apiKey") or {}
    if key.get("existingSecret"):
        probe["api_key_secret"] = {"name": key["existingSecret"], "key": key.get("key", "api-key")}
    return probe


def _place(release: Mapping[str, Any]) -> dict[str, Any]:
    """How the Service is found: a pair of colours has one of the entry's name, a single release the chart's."""
    if release.get("strategy") == "blue_green":
        return {"service": release["name"]}
    return {"label_selector": f"app.kubernetes.io/instance={release['name']}"}


def _task(release: Mapping[str, Any]) -> str:
    return str((release.get("values") or {}).get("task", "deploy"))


def _replicas(release: Mapping[str, Any]) -> bool:
    return bool((release.get("values") or {}).get("replicaCount", 1))


def _served(values: Mapping[str, Any]) -> str:
    """The name under which the chart serves the model; empty where only the chart knows it."""
    model = values.get("model") or {}
    place = model.get("path") or model.get("id") or ""
    return str(values.get("servedName") or (str(place).rstrip("/").rpartition("/")[2] if "/" in str(place) else ""))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"ms_swift_probes": ms_swift_probes}
