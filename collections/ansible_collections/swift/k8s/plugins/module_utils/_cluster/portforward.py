# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A socket to a port of a pod, through the API server."""

from __future__ import annotations

from socket import socket
from typing import Any

from .errors import ClusterError


def dial(client: Any, namespace: str, pod: str, port: int) -> socket:
    """Forward to the pod's port; the socket belongs to the caller."""
    from kubernetes.client import CoreV1Api  # noqa: PLC0415 - paid only by those who forward
    from kubernetes.client.exceptions import ApiException  # noqa: PLC0415
    from kubernetes.stream import portforward  # noqa: PLC0415

    connect = CoreV1Api(client).connect_get_namespaced_pod_portforward
    try:
        forward = portforward(connect, pod, namespace, ports=str(port))
    except ApiException as error:
        raise ClusterError(
            f"port {port} of pod {namespace}/{pod} cannot be forwarded: {error.reason}; "
            "check the permission pods/portforward (get, create) and that the API server reaches the kubelet"
        ) from error
    connection: socket = forward.socket(port)
    return connection
