# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""From a Service to a pod and port that a connection can be forwarded to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._cluster.condition import is_ready
from .client import ProbeError

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster


def ready_pod(cluster: Cluster, service: Mapping[str, Any]) -> tuple[str, int]:
    """A ready pod behind the Service, and the port it listens on."""
    namespace = service["namespace"]
    found = _service(cluster, service)
    name = f"Service {namespace}/{found['metadata']['name']}"
    labels = (found["spec"].get("selector") or {}).items()
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels))
    pods = cluster.list("v1", "Pod", namespace=namespace, label_selector=selector) if selector else []
    ready = [pod for pod in pods if takes_requests(pod)]
    if not ready:
        raise ProbeError(f"{name} has no ready pod ({len(pods)} in all); look at its pods")
    newest = max(ready, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")))
    return str(newest["metadata"]["name"]), container_port(_port(name, found, service["port"]), newest)


def _service(cluster: Cluster, service: Mapping[str, Any]) -> dict[str, Any]:
    namespace = service["namespace"]
    if service["service"]:
        found = cluster.get("v1", "Service", service["service"], namespace=namespace)
        if found is None:
            raise ProbeError(f"Service {namespace}/{service['service']} does not exist; correct service or namespace")
        return found
    listed = cluster.list("v1", "Service", namespace=namespace, label_selector=service["label_selector"])
    if not listed:
        raise ProbeError(f"no Service in {namespace} has the labels {service['label_selector']}; is the release there?")
    return listed[0]


def _port(name: str, service: Mapping[str, Any], wanted: int | None) -> Mapping[str, Any]:
    ports: list[Mapping[str, Any]] = service["spec"].get("ports") or []
    for port in ports:
        if wanted in (None, port["port"]):
            return port
    raise ProbeError(f"{name} has no port {wanted}; it has {', '.join(str(port['port']) for port in ports) or 'none'}")


def container_port(port: Mapping[str, Any], pod: Mapping[str, Any]) -> int:
    """The number behind a Service's targetPort, which may be a name."""
    wanted = port.get("targetPort", port["port"])
    if isinstance(wanted, int) or str(wanted).isdigit():
        return int(wanted)
    for container in pod["spec"]["containers"]:
        for known in container.get("ports") or []:
            if known.get("name") == wanted:
                return int(known["containerPort"])
    raise ProbeError(f"pod {pod['metadata']['name']} has no port named {wanted}; correct the Service's targetPort")


def takes_requests(pod: Mapping[str, Any]) -> bool:
    return not pod["metadata"].get("deletionTimestamp") and is_ready(pod)
