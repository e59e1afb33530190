"""Whether nodes and pods are ready, asked of the API server."""

from __future__ import annotations

from .api import Api


def registered(api: Api, name: str) -> bool:
    """Whether the kubelet has made its Node object."""
    return api.request("GET", f"/api/v1/nodes/{name}")[0] == 200


def node_ready(api: Api, name: str) -> bool:
    """Whether the node says that it is Ready."""
    conditions = api.get(f"/api/v1/nodes/{name}")["status"].get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def pods_ready(api: Api, namespace: str, selector: str) -> bool:
    """Whether there are such pods and all are Ready."""
    pods = api.get(f"/api/v1/namespaces/{namespace}/pods?labelSelector={selector}")["items"]
    ready = [
        any(item["type"] == "Ready" and item["status"] == "True" for item in pod["status"].get("conditions", []))
        for pod in pods
    ]
    return bool(ready) and all(ready)
