# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Pods that answer what the API server cannot: is a device injected, who can be reached, how quick is the volume."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from . import inside
from .smoke import CLAIM_FOLDER, Cluster, smoke
from .wait import NotReadyError

SHARED_MEMORY = "1Gi"
PORTS = {"http": 80, "https": 443}
#: Every pod can be expected to reach this; without cluster DNS its name is not known.
API_SERVER = "kubernetes.default.svc:443"


def probe(cluster: Cluster, facts: Mapping[str, Any], wish: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run one pod for each resource with a free device, one without devices where there is none; return subjects.

    wish: image, namespace, claim, addresses, runtime_classes (by vendor), pull_secrets, wait_timeout (seconds).
    """
    return [_one(cluster, test, wish) for test in pods(facts, wish)]


def pods(facts: Mapping[str, Any], wish: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the pods to run, in the form of `smoke`."""
    free = {
        str(device["resource"]): str(device["vendor"])
        for node in facts.get("nodes") or []
        if node.get("ready") and node.get("schedulable", True)
        for device in node.get("accelerators") or []
        if device.get("free")
    }
    there = {str(item.get("name")) for item in facts.get("runtime_classes") or []}
    asked = {"addresses": [API_SERVER, *wish["addresses"]], "folder": CLAIM_FOLDER if wish["claim"] else ""}
    common = {
        "image": wish["image"],
        "namespace": wish["namespace"],
        "pull_secrets": wish["pull_secrets"],
        "command": ["python3", "-c", source(), json.dumps(asked)],
        "claim": wish["claim"],
        "shared_memory": SHARED_MEMORY,
    }
    wanted = []
    for resource, vendor in sorted(free.items()) or [("", "")]:
        runtime_class = wish["runtime_classes"].get(vendor)
        wanted.append(
            {**common, "resource": resource, "runtime_class": runtime_class if runtime_class in there else None}
        )
    return wanted


def source() -> str:
    """Return the text of the script, also from the archive that Ansible runs modules from."""
    loader = inside.__spec__.loader if inside.__spec__ else None
    text = loader.get_source(inside.__name__) if loader is not None and hasattr(loader, "get_source") else None
    if text is None:
        raise NotReadyError("The source of the probe cannot be read. Install the collection from its tarball.")
    return str(text)


def address(url: str) -> str:
    """`https://hub.example/x` or `hub.example` -> `hub.example:443`."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    return f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 443)}"


def addresses(urls: Iterable[str]) -> list[str]:
    """Return each address once."""
    return list(dict.fromkeys(address(url) for url in urls))


def _one(cluster: Cluster, test: Mapping[str, Any], wish: Mapping[str, Any]) -> dict[str, Any]:
    subject = {"subject": f"pod with {test['resource'] or 'no device'}", "resource": test["resource"] or None}
    try:
        found = smoke(cluster, test, wish["wait_timeout"])
        answer = json.loads(found["output"][-1]) if found["output"] else {}
        return {**subject, "claim": wish["claim"] or None, "node": found["node"], **answer}
    except NotReadyError as error:
        return {**subject, "failed": str(error)}
    except ValueError:
        return {**subject, "failed": f"It did not answer in JSON: {found['output'][-1]!r}"}
