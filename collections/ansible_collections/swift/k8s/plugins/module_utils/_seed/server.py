# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The server from which nodes take: a pod on the first node, its Service and its sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cache.errors import BadSpec
from .._cache.rate import parse_rate
from .._cluster.cluster import Cluster
from .._cluster.condition import is_ready
from .errors import SeedError
from .labels import LABELS
from .nodes import HOSTNAME, PORT, server_name
from .objects import PACKAGE, RATE, container, engine_volume, pod_spec, scratch_volume, source_paths, token_volume
from .serve import HEALTH
from .sources import engine_sources
from .wish import CACHE, ENGINE, TOKENS, Wish

_PARTS = (("v1", "Pod"), ("v1", "Service"), ("v1", "ConfigMap"))


def validate(rate_limit: str) -> None:
    """SeedError where the limit is none; the server itself would have nobody to tell it to."""
    try:
        parse_rate(rate_limit)
    except BadSpec as error:
        raise SeedError(f"lan_rate_limit: {error}") from error


def serving_pod(wish: Wish, name: str, sources: Mapping[str, str], token_secret: str = "") -> dict[str, Any]:
    """The pod that serves the claim; its sources and its limit are in the ConfigMap of that name (pure)."""
    engine = engine_volume(name, {RATE: RATE, **source_paths(sources)})
    cache = {"name": "cache", "persistentVolumeClaim": {"claimName": wish.volume, "readOnly": True}}
    pairs = [engine, (cache, {"name": "cache", "mountPath": CACHE, "readOnly": True}), scratch_volume()]
    arguments = [f"{PACKAGE}._seed.serve", CACHE, str(PORT), "--rate-file", f"{ENGINE}/{RATE}"]
    if token_secret:
        pairs.append(token_volume(0, token_secret))
        arguments += ["--token-file", f"{TOKENS}/{token_secret}/token"]
    serving = {
        **container(wish, "serve", arguments, [mount for _volume, mount in pairs]),
        "ports": [{"containerPort": PORT, "name": "http"}],
        "readinessProbe": {"httpGet": {"path": HEALTH, "port": "http"}, "periodSeconds": 1},
    }
    return {
        **pod_spec(wish),
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 5,
        "containers": [serving],
        "volumes": [volume for volume, _mount in pairs],
    }


def served_data(sources: Mapping[str, str], rate_limit: str) -> dict[str, str]:
    """What the ConfigMap of a server holds."""
    return {RATE: rate_limit, **{path.replace("/", "."): text for path, text in sources.items()}}


def objects(wish: Wish, sources: Mapping[str, str], rate_limit: str) -> list[dict[str, Any]]:
    """ConfigMap, Service and pod; `wish` is that of the first node (pure)."""
    name = server_name(wish)
    labels = {**LABELS, "app.kubernetes.io/name": name}
    meta = {"name": name, "namespace": wish.namespace, "labels": labels}
    ports = [{"name": "http", "port": PORT, "targetPort": "http"}]
    selector = {"app.kubernetes.io/name": name}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": served_data(sources, rate_limit)},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": selector, "ports": ports}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": serving_pod(wish, name, sources)},
    ]


def ready(cluster: Cluster, wish: Wish, rate_limit: str) -> bool:
    """Make the server if it is not there, give it its limit; whether it answers."""
    pod = cluster.get("v1", "Pod", server_name(wish), wish.namespace)
    if pod is not None and _useless(pod, wish):
        cluster.delete("v1", "Pod", server_name(wish), namespace=wish.namespace)
        return False
    if pod is None:
        for body in objects(wish, engine_sources(), rate_limit):
            cluster.apply(body, field_manager="swift-k8s", force=True)
        return False
    if pod["metadata"].get("deletionTimestamp"):
        return False
    _keep_rate(cluster, wish, rate_limit)
    return is_ready(pod)


def _useless(pod: Mapping[str, Any], wish: Wish) -> bool:
    """It has ended, or it is left over from a run that took from another node."""
    ended = (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}
    elsewhere = (pod.get("spec") or {}).get("nodeSelector") != dict(wish.pod["node_selector"])
    return ended or (elsewhere and not pod["metadata"].get("deletionTimestamp"))


def _keep_rate(cluster: Cluster, wish: Wish, rate_limit: str) -> None:
    """A run with another limit changes that of a server at work; pods see it within about a minute."""
    name = server_name(wish)
    found = cluster.get("v1", "ConfigMap", name, wish.namespace) or {}
    if found and (found.get("data") or {}).get(RATE) != rate_limit:
        cluster.patch("v1", "ConfigMap", name, {"data": {RATE: rate_limit}}, namespace=wish.namespace)


def node(cluster: Cluster, wish: Wish) -> str:
    """The node that serves now; empty where none does."""
    pod = cluster.get("v1", "Pod", server_name(wish), wish.namespace) or {}
    return str((pod.get("spec", {}).get("nodeSelector") or {}).get(HOSTNAME, ""))


def stop(cluster: Cluster, wish: Wish) -> None:
    """Remove the server if it is there."""
    name = server_name(wish)
    pod = cluster.get("v1", "Pod", name, wish.namespace)
    if pod is None or pod["metadata"].get("deletionTimestamp"):
        return
    for api_version, kind in _PARTS:
        cluster.delete(api_version, kind, name, namespace=wish.namespace)
