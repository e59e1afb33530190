# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The hub of a site: the cluster that fetches serves what it has to the others behind the same link.

A Deployment over the claim and a Service whose port is the one of the declared address. It stays after the run, so that
later runs, other clusters and their repairs find it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any, Optional
from urllib.parse import urlsplit

from .._cluster.cluster import Cluster
from .._cluster.errors import Forbidden
from .errors import SeedError
from .labels import LABELS, object_name
from .nodes import PORT
from .server import served_data, serving_pod
from .sources import engine_sources
from .wish import Wish

DEPLOYMENT = ("apps/v1", "Deployment")
ANNOTATION = "swift.k8s/site-hub"
_PARTS = (DEPLOYMENT, ("v1", "Service"), ("v1", "ConfigMap"))
_NODE_PORTS = range(30000, 32768)
_PAUSE_SECONDS = 0.5


def name(wish: Wish) -> str:
    """Of all its objects: one a volume."""
    return object_name("swift-k8s-site-hub", wish.volume)


def validate(params: Mapping[str, Any]) -> None:
    """SeedError where the address cannot be meant, or nobody could reach the hub at it."""
    address, service = params["site_hub"] or "", params["site_service_type"]
    try:
        parts, port = urlsplit(address), _port(address)
    except ValueError as error:
        raise SeedError("The host or the port of site_hub cannot be parsed. Write http://10.20.0.5:30899.") from error
    if address and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise SeedError(f"site_hub '{address}' is not an address. Write http://10.20.0.5:30899.")
    if parts.username or parts.password:
        raise SeedError(f"site_hub has a password in the address of {parts.hostname}. Use site_token_secret.")
    if params["site_serve"] and not address:
        raise SeedError("site_serve needs site_hub, the address at which other clusters reach this one.")
    if params["site_serve"] and service == "NodePort" and port not in _NODE_PORTS:
        raise SeedError(
            f"site_hub '{address}' has no port that a NodePort can be. Write one from {_NODE_PORTS[0]} to "
            f"{_NODE_PORTS[-1]}, or set site_service_type to LoadBalancer, or to ClusterIP behind an Ingress of yours."
        )


def _port(address: str) -> int:
    parts = urlsplit(address)
    return parts.port or (443 if parts.scheme == "https" else 80)


def build(wish: Wish, params: Mapping[str, Any], sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """ConfigMap, Service and Deployment (pure). The limit is not part of what the Deployment is rolled for."""
    labels = {**LABELS, "app.kubernetes.io/name": name(wish)}
    meta = {"name": name(wish), "namespace": wish.namespace, "labels": labels}
    selector = {"app.kubernetes.io/name": name(wish)}
    pod = serving_pod(wish, name(wish), sources, wish.site_token_secret)
    rolled = {"swift.k8s/engine": _digest(sources)}
    template = {"metadata": {"labels": labels, "annotations": rolled}, "spec": pod}
    deployment = {"replicas": 1, "selector": {"matchLabels": selector}, "template": template}
    data = served_data(sources, params["lan_rate_limit"])
    service = _service(params, selector)
    marked = {**meta, "annotations": {ANNOTATION: _digest([deployment, data, service])}}
    exposed = {**meta, "annotations": dict(params["site_service_annotations"])}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data},
        {"apiVersion": "v1", "kind": "Service", "metadata": exposed, "spec": service},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": marked, "spec": deployment},
    ]


def _service(params: Mapping[str, Any], selector: Mapping[str, str]) -> dict[str, Any]:
    kind, port = params["site_service_type"], _port(params["site_hub"])
    entry = {"name": "http", "port": port if kind == "LoadBalancer" else PORT, "targetPort": "http"}
    if kind == "NodePort":
        entry["nodePort"] = port
    return {"type": kind, "selector": dict(selector), "ports": [entry]}


def keep(cluster: Cluster, wish: Wish, params: Mapping[str, Any], check_mode: bool = False) -> bool:
    """Let the cluster serve, or not, as wished. Returns whether anything changes; waits until what is new answers."""
    try:
        found = cluster.get(*DEPLOYMENT, name(wish), wish.namespace)
    except Forbidden:
        # Who only takes needs no right to see Deployments, so none of ours is there.
        if params["site_serve"]:
            raise
        return False
    if not params["site_serve"]:
        if found and not check_mode:
            for api_version, kind in _PARTS:
                cluster.delete(api_version, kind, name(wish), namespace=wish.namespace)
        return bool(found)
    bodies = build(wish, params, engine_sources())
    changed = _mark(found) != _mark(bodies[-1])
    if changed and not check_mode:
        for body in bodies:
            cluster.apply(body, field_manager="swift-k8s", force=True)
    if not check_mode and params["wait"] and not _answers(found if not changed else None):
        _wait(cluster, wish, params)
    return changed


def _wait(cluster: Cluster, wish: Wish, params: Mapping[str, Any]) -> None:
    deadline = time.monotonic() + params["start_timeout"]
    while not _answers(cluster.get(*DEPLOYMENT, name(wish), wish.namespace)):
        if time.monotonic() > deadline:
            raise SeedError(
                f"the hub of site {wish.site or params['site_hub']} does not answer after start_timeout "
                f"({params['start_timeout']} s); {wish} itself is seeded. Look at Deployment "
                f"{wish.namespace}/{name(wish)} (image, node_selector, the claim's access mode), and run again."
            )
        time.sleep(_PAUSE_SECONDS)


def _answers(found: Optional[Mapping[str, Any]]) -> bool:
    """Whether the newest pods serve, and no older ones."""
    status = (found or {}).get("status") or {}
    meta = (found or {}).get("metadata") or {}
    newest = status.get("observedGeneration", 0) >= meta.get("generation", 0)
    return bool(newest and status.get("readyReplicas") and status.get("updatedReplicas"))


def _mark(found: Optional[Mapping[str, Any]]) -> str:
    meta = (found or {}).get("metadata") or {}
    return str((meta.get("annotations") or {}).get(ANNOTATION, ""))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:10]
