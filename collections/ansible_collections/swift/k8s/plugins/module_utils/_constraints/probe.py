# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Probe pods: what the API server cannot know, asked from where the engine will run."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from .._cluster.errors import ClusterError
from .._devices.smoke import Cluster, smoke
from .._devices.wait import NotReadyError
from . import in_pod
from .images import parse
from .outside import HUBS

Data = Mapping[str, Any]
VOLUME = "/probe"
PORTS = {"http": 80, "https": 443}


def planned(facts: Data, wishes: Data, plan: Data, claims: Iterable[str], options: Data) -> list[dict[str, Any]]:
    """Return one pod for each namespace and vendor of the wished releases whose devices are advertised.

    claims: `namespace/name` of those that exist. options: `image`, `addresses`, `pull_secrets` of the user.
    """
    result: dict[tuple[str, str], dict[str, Any]] = {}
    for release in wishes["releases"]:
        vendor, image = release["vendor"], options.get("image") or release["image_name"]
        resource = release["resource"] or _resource(facts, vendor)
        if vendor not in in_pod.DEVICE_NODES or not resource or not image or (release["namespace"], vendor) in result:
            continue
        mine = [name.partition("/")[2] for name in claims if name.startswith(f"{release['namespace']}/")]
        wished = [claim["name"] for claim in wishes["claims"] if claim["namespace"] == release["namespace"]]
        claim = next((name for name in wished if name in mine), "")
        question = {"vendor": vendor, "volume": VOLUME if claim else "", "addresses": addresses(wishes, options)}
        result[release["namespace"], vendor] = {
            "vendor": vendor,
            "resource": resource,
            "image": image,
            "namespace": release["namespace"],
            "claim": claim,
            "mount": VOLUME,
            "node_selector": release["node_selector"],
            "runtime_class": _runtime_class(facts, plan, vendor),
            "pull_secrets": options.get("pull_secrets") or [],
            "command": ["python3", "-c", source(), json.dumps(question)],
        }
    return list(result.values())


def source() -> str:
    """Return the text of the program that runs in the pod."""
    return (pkgutil.get_data(__package__ or "", "in_pod.py") or b"").decode()


def addresses(wishes: Data, options: Data) -> list[str]:
    """Return host:port of the hubs of the wished models, of the site's registry, and of those that the user names."""
    found = [_address(str(item)) for item in options.get("addresses") or []]
    for model in wishes["models"]:
        given = model.get("endpoint") or HUBS.get(str(model.get("hub") or "modelscope"))
        if given and not (wishes.get("offline") and not model.get("endpoint")):
            found.append(_address(str(given)))
    if wishes.get("registry"):
        found.append(_address(parse(f"{wishes['registry']}/x:1").registry))
    return sorted(set(found))


def _address(text: str) -> str:
    parts = urlsplit(text if "://" in text else f"https://{text}")
    return f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 443)}"


def run(cluster: Cluster, probe: Data, wait_timeout: float) -> dict[str, Any]:
    """Run one pod and return its subject; a pod that does not end well leaves its reason in `error`."""
    subject: dict[str, Any] = {
        "subject": f"{probe['resource']} in {probe['namespace']}",
        "vendor": probe["vendor"],
        "image": probe["image"],
        "claim": probe["claim"] or None,
    }
    try:
        done = smoke(cluster, probe, wait_timeout)
    except (NotReadyError, ClusterError) as error:
        return {**subject, "error": " ".join(str(error).split())}
    try:
        return {**subject, "node": done["node"], **json.loads(done["output"][-1])}
    except (IndexError, ValueError):
        return {**subject, "error": f"it printed no result but: {' '.join(done['output'])}"}


def _resource(facts: Data, vendor: str) -> str:
    """Return the resource of the vendor of which most are free."""
    free: dict[str, int] = {}
    for node in facts.get("nodes") or []:
        for device in node.get("accelerators") or []:
            if device.get("vendor") == vendor and device.get("count"):
                name = str(device["resource"])
                free[name] = free.get(name, 0) + int(device.get("free") or 0)
    return max(sorted(free), key=lambda name: free[name], default="")


def _runtime_class(facts: Data, plan: Data, vendor: str) -> str:
    part = (plan.get("vendors") or {}).get(vendor) or {}
    wanted = (part.get("options") or {}).get("runtime_class") or ""
    known = [item.get("name") if isinstance(item, Mapping) else item for item in facts.get("runtime_classes") or []]
    return wanted if wanted in known else ""
