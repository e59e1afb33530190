# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The options of model_seed, as its documentation has them."""

from __future__ import annotations

from typing import Any

from .._cluster.auth import AUTH_ARGS
from .selection import ACCELERATORS


def _text(**more: Any) -> dict[str, Any]:
    return {"type": "str", **more}


def _texts() -> dict[str, Any]:
    return {"type": "list", "elements": "str", "default": []}


def _entries(options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "list", "elements": "dict", "options": options, **more}


_MODEL = {
    "id": _text(required=True),
    "type": _text(choices=["model", "dataset"], default="model"),
    "hub": _text(choices=["modelscope", "huggingface", "mirror", "directory"], default="modelscope"),
    "endpoint": _text(),
    "endpoints": _texts(),
    "revision": _text(),
    "include": _texts(),
    "exclude": _texts(),
    "proxy": _text(),
    "token_secret": _text(no_log=False),  # names of objects, no secrets themselves: they may be shown
    "token_key": _text(default="token", no_log=False),
    "ca_config_map": _text(),
    "ca_key": _text(default="ca.crt", no_log=False),
    "source": _text(),
    "source_claim": _text(),
}
_WINDOW = {
    "days": {"type": "raw", "default": "daily"},
    "from": _text(default="00:00"),
    "to": _text(default="24:00"),
    "timezone": _text(default="UTC"),
    "limit": _text(required=True),
}
_RESOURCES = {"requests": {"cpu": "250m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}

ARGUMENTS: dict[str, Any] = {
    **AUTH_ARGS,
    "volume": _text(required=True),
    "namespace": _text(default="ms-swift"),
    "models": _entries(_MODEL, required=True),
    "rate_limit": _text(default="unlimited"),
    "rate_schedule": _entries(_WINDOW, default=[]),
    "reserve": _text(default="1GiB"),
    "workers": {"type": "int", "default": 4},
    "verify": _text(choices=["record", "stat", "sample", "full"], default="record"),
    "verify_schedule": _text(default=""),
    "verify_timezone": _text(default=""),
    "nodes": _texts(),
    "nodes_selector": _text(default=""),
    "nodes_accelerators": {**_texts(), "choices": ACCELERATORS},
    "wave": _text(default="25%"),
    "lan_rate_limit": _text(default="unlimited"),
    "keep": _text(choices=["all", "listed"], default="all"),
    "site": _text(),
    "site_namespace": _text(),
    "site_kubeconfig": {"type": "path"},
    "site_context": _text(),
    "site_hub": _text(),
    "site_serve": {"type": "bool", "default": False},
    "site_service_type": _text(choices=["NodePort", "LoadBalancer", "ClusterIP"], default="NodePort"),
    "site_service_annotations": {"type": "dict", "default": {}},
    "site_token_secret": _text(no_log=False),
    "image": _text(required=True),
    "image_pull_policy": _text(choices=["IfNotPresent", "Always", "Never"], default="IfNotPresent"),
    "image_pull_secrets": {**_texts(), "no_log": False},
    "python": _text(default="python3"),
    "run_as_user": {"type": "int", "default": 1000},
    "node_selector": {"type": "dict", "default": {}},
    "tolerations": {"type": "list", "elements": "dict", "default": []},
    "resources": {"type": "dict", "default": _RESOURCES},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 86400},
    "start_timeout": {"type": "int", "default": 300},
    "follow_seconds": {"type": "float", "default": 86400},
    "followed": {"type": "dict", "default": {}},
}
