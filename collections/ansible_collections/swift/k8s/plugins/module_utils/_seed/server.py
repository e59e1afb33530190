# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The server from which nodes take: a pod on the first node, its Service and its sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._cluster.cluster import Cluster
from .labels import LABELS
from .nodes import PORT, server_name
from .objects import PACKAGE, container, engine_volume, pod_spec, source_paths
from .serve import HEALTH
from .sources import engine_sources
from .wish import CACHE, Wish

_PARTS = (("v1", "Pod"), ("v1", "Service"), ("v1", "ConfigMap"))


def objects(wish: Wish, sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """ConfigMap, Service and pod; `wish` is that of the first node (pure)."""
    name = server_name(wish)
    labels = {**LABELS, "app.kubernetes.io/name": name}
    meta = {"name": name, "namespace": wish.namespace, "labels": labels}
    volume, mount = engine_volume(name, source_paths(sources))
    cache = {"name": "cache", "persistentVolumeClaim": {"claimName": wish.volume, "readOnly": True}}
    mounts = [mount, {"name": "cache", "mountPath": CACHE, "readOnly": True}]
    serving = {
        **container(wish, "serve", [f"{PACKAGE}._seed.serve", CACHE, str(PORT)], mounts),
        "ports": [{"containerPort": PORT, "name": "http"}],
        "readinessProbe": {"httpGet": {"path": HEALTH, "port": "http"}, "periodSeconds": 1},
    }
    pod = {
        **pod_spec(wish),
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 5,
        "containers": [serving],
        "volumes": [volume, cache],
    }
    ports = [{"name": "http", "port": PORT, "targetPort": "http"}]
    selector = {"app.kubernetes.io/name": name}
    data = {path.replace("/", "."): text for path, text in sources.items()}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": selector, "ports": ports}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
    ]


def ready(cluster: Cluster, wish: Wish) -> bool:
    """Make the server if it is not there; whether it answers."""
    pod = cluster.get("v1", "Pod", server_name(wish), wish.namespace)
    if pod is not None and (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}:
        cluster.delete("v1", "Pod", server_name(wish), namespace=wish.namespace)
        return False
    if pod is None:
        for body in objects(wish, engine_sources()):
            cluster.apply(body, field_manager="swift-k8s", force=True)
        return False
    if pod["metadata"].get("deletionTimestamp"):
        return False
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def stop(cluster: Cluster, wish: Wish) -> None:
    """Remove the server if it is there."""
    name = server_name(wish)
    pod = cluster.get("v1", "Pod", name, wish.namespace)
    if pod is None or pod["metadata"].get("deletionTimestamp"):
        return
    for api_version, kind in _PARTS:
        cluster.delete(api_version, kind, name, namespace=wish.namespace)
