# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A socket to a port of a pod, through the API server."""

from __future__ import annotations

from socket import socket
from typing import Any

from .errors import ClusterError


def dial(client: Any, namespace: str, pod: str, port: int) -> socket:
    """Forward to the pod's port; the socket belongs to the caller.

    The library's typed API for this one request would take longer to import than the request itself takes.
    """
    from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 - paid only by those who forward
    from kubernetes.stream import ws_client  # noqa: PLC0415

    url = f"{client.configuration.host}/api/v1/namespaces/{namespace}/pods/{pod}/portforward"
    headers: dict[str, str] = {}
    client.update_params_for_auth(headers, [], ["BearerToken"], url, "GET", None)
    try:
        forward = ws_client.portforward_call(
            client.configuration, "GET", url, headers=headers, query_params=[("ports", str(port))]
        )
    except ApiException as error:
        raise ClusterError(
            f"port {port} of pod {namespace}/{pod} cannot be forwarded: {error.reason}; "
            "check the permission pods/portforward (get, create) and that the API server reaches the kubelet"
        ) from error
    connection: socket = forward.socket(port)
    return connection
