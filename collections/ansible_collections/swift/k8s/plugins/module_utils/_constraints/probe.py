# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Probe pods: what the API server cannot know, asked from where the engine will run."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterable, Mapping
from typing import Any, Optional
from urllib.parse import urlsplit

from .._accelerator.vendors import named
from .._cluster.errors import ClusterError
from .._devices.smoke import Cluster, NotStartedError, smoke
from .._devices.wait import NotReadyError
from .._release.options import ROLE_VALUES
from .errors import RuleError
from .fit import free_devices
from .images import parse
from .outside import HUBS
from .places import eligible

Data = Mapping[str, Any]
VOLUME = "/probe"
PORTS = {"http": 80, "https": 443}


def planned(facts: Data, wishes: Data, claims: Iterable[str], options: Data) -> list[dict[str, Any]]:
    """Return one pod for each namespace and resource of the wished releases that could run now, the largest wish first.

    claims: `namespace/name` of those that exist. options: `image`, `addresses`, `pull_secrets` of the user.
    """
    result: dict[tuple[str, str], dict[str, Any]] = {}
    for release in sorted(wishes["releases"], key=lambda item: -int(item["count"])):
        key = release["namespace"], release["resource"]
        if key not in result and not hindrance(facts, release):
            result[key] = _pod(facts, wishes, release, claims, options)
    return list(result.values())


def unprobed(facts: Data, wishes: Data) -> list[dict[str, Any]]:
    """Return the subjects of releases for which no pod can be run, each with the reason."""
    return [
        {"subject": f"release {release['name']}", "hindrance": reason}
        for release in wishes["releases"]
        if (reason := hindrance(facts, release))
    ]


def hindrance(facts: Data, release: Data) -> str:
    """Say why no pod can ask for the release's devices now; nothing where one can."""
    resource, count = release["resource"], release["count"]
    if not resource:
        return "it asks for no device"
    nodes = [node for node in facts.get("nodes") or [] if eligible(node, release)]
    if not any(_device(node, resource) for node in nodes):
        return f"no node that it may run on offers {resource} yet"
    if max(free_devices(node, resource) for node in nodes) < count:
        return f"no node has {count} free {resource}"
    return ""


def _pod(facts: Data, wishes: Data, release: Data, claims: Iterable[str], options: Data) -> dict[str, Any]:
    namespace, resource = release["namespace"], release["resource"]
    mine = [name.partition("/")[2] for name in claims if name.startswith(f"{namespace}/")]
    wished = [claim["name"] for claim in wishes["claims"] if claim["namespace"] == namespace]
    claim = next((name for name in wished if name in mine), "")
    vendor = named(release["vendor"])
    question = {
        "files": vendor.device_files if vendor else "",
        "volume": VOLUME if claim else "",
        "addresses": addresses(wishes, options),
    }
    return {
        "vendor": release["vendor"],
        "resource": resource,
        "count": release["count"],
        # The number of files says nothing about shares of a device.
        "whole": all(
            device.get("sharing", "none") == "none"
            for node in facts.get("nodes") or []
            if (device := _device(node, resource))
        ),
        "image": options.get("image") or release["image_name"],
        "namespace": namespace,
        "claim": claim,
        "mount": VOLUME,
        "node_selector": release["node_selector"],
        "tolerations": release["tolerations"],
        "runtime_class": _runtime_class(facts, release),
        "pull_secrets": options.get("pull_secrets") or [],
        "command": ["python3", "-c", source(), json.dumps(question)],
    }


def _runtime_class(facts: Data, release: Data) -> str:
    """Return the engine's own class: what another one would show is not what the engine will see."""
    wanted = str({**ROLE_VALUES, **release["values"]}["runtimeClassName"])
    known = {item.get("name") for item in facts.get("runtime_classes") or []}
    return wanted if wanted != "auto" else release["vendor"] if release["vendor"] in known else ""


def _device(node: Data, resource: str) -> Optional[Data]:
    found = (device for device in node.get("accelerators") or [] if device.get("resource") == resource)
    return next((device for device in found if device.get("count")), None)


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
    try:
        return f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 443)}"
    except ValueError as error:
        raise RuleError(f"address {text!r}: {error}; write host:port or a URL") from error


def run(cluster: Cluster, probe: Data, wait_timeout: float) -> dict[str, Any]:
    """Run one pod and return its subject; a pod that does not end well leaves its reason in `error`."""
    subject: dict[str, Any] = {
        "subject": f"{probe['resource']} in {probe['namespace']}",
        "vendor": probe["vendor"],
        "resource": probe["resource"],
        "asked": probe["count"] if probe["whole"] else None,
        "image": probe["image"],
        "claim": probe["claim"] or None,
    }
    try:
        done = smoke(cluster, probe, wait_timeout)
    except NotStartedError:
        # An engine's image takes minutes on its first node; that says nothing against the node.
        waited = f"its image {probe['image']} was still being pulled after {wait_timeout:g} s"
        return {
            "subject": subject["subject"],
            "hindrance": f"{waited} (preflight_probe_timeout, preflight_probe_image)",
        }
    except (NotReadyError, ClusterError) as error:
        return {**subject, "error": " ".join(str(error).split())}
    try:
        told = json.loads(done["output"][-1])
        return {**subject, "node": done["node"], **told, "seen": len(told["devices"])}
    except (LookupError, ValueError, TypeError):
        return {**subject, "error": f"it printed no result but: {' '.join(done['output'])}"}
