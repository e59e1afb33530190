# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Options of the module preflight."""

from __future__ import annotations

from typing import Any


def _dicts(**more: Any) -> dict[str, Any]:
    return {"type": "list", "elements": "dict", **more}


def _texts() -> dict[str, Any]:
    return {"type": "list", "elements": "str", "default": []}


WISHES: dict[str, Any] = {
    "namespace": {"type": "str", "default": "ms-swift"},
    "offline": {"type": "bool", "default": False},
    "registry": {"type": "str", "default": ""},
    "cluster_uid": {"type": "str", "default": ""},
    "device_plugin": {"type": "dict", "default": {}},
    "claims": _dicts(default=[]),
    "storage_classes": _dicts(default=[]),
    "releases": _dicts(default=[]),
    "chart": {"type": "str", "default": ""},
    "release_defaults": {"type": "dict", "default": {}},
    "images": _texts(),
    "smoke_image": {"type": "str", "default": ""},
    "seed_image": {"type": "str", "default": ""},
    "models": _dicts(default=[]),
    "models_claim": {"type": "str", "default": ""},
    "models_namespace": {"type": "str", "default": ""},
    "rates": {"type": "dict", "default": {}},
    "rate_schedule": {"type": "raw"},
    "serves_site": {"type": "bool", "default": False},
    "node_caches": {"type": "bool", "default": False},
    "site_hub": {"type": "str", "default": ""},
    "variables": _texts(),
    "known_variables": _texts(),
    "pod_namespaces": _texts(),
}
PROBE: dict[str, Any] = {
    "image": {"type": "str", "default": ""},
    "addresses": _texts(),
    "pull_secrets": {**_texts(), "no_log": False},
    "wait_timeout": {"type": "int", "default": 120},
}
ARGUMENTS: dict[str, Any] = {
    "cluster": {"type": "raw"},
    "packed": {"type": "bool", "default": False},
    "name": {"type": "str", "default": "cluster"},
    "wishes": {"type": "dict", "default": {}, "options": WISHES},
    "rules": _dicts(default=[]),
    "rule_files": {"type": "list", "elements": "path", "default": []},
    "extra_rules": _dicts(default=[]),
    "silence": _dicts(
        default=[], options={"id": {"type": "str", "required": True}, "reason": {"type": "str", "required": True}}
    ),
    "check_images": {"type": "bool", "default": True},
    "registries": {"type": "dict", "default": {}},
    "check_models": {"type": "bool", "default": True},
    "hubs": {"type": "dict", "default": {}},
    "registry_auth": {"type": "path", "no_log": False},
    "registry_ca": {"type": "path"},
    "probe": {"type": "bool", "default": False},
    "probe_options": {"type": "dict", "default": {}, "options": PROBE},
    "junit": {"type": "path"},
    "json": {"type": "path"},
    "roles": {"type": "path"},
    "fail_on": {"type": "str", "choices": ["error", "warning", "never"], "default": "error"},
}
