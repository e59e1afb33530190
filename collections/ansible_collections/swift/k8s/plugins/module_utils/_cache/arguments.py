# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The options of the module model_cache, and their way into a spec."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .._hub.chain import KINDS
from .spec import DEFAULT_RESERVE, DEFAULT_WORKERS, LEVELS, SPEC_KEYS, TYPES, Spec, parse

_MODEL: dict[str, Any] = {
    "id": {"type": "str", "required": True},
    "type": {"type": "str", "choices": list(TYPES), "default": "model"},
    "hub": {"type": "str", "choices": list(KINDS), "default": "modelscope"},
    "endpoint": {"type": "str"},
    "endpoints": {"type": "list", "elements": "raw"},
    "revision": {"type": "str"},
    "include": {"type": "list", "elements": "str"},
    "exclude": {"type": "list", "elements": "str"},
    "source": {"type": "str"},
    "token": {"type": "str", "no_log": True},
    "token_file": {"type": "path", "no_log": False},
    "token_env": {"type": "str", "no_log": False},
    "ca_file": {"type": "path"},
    "proxy": {"type": "str"},
}
_WINDOW: dict[str, Any] = {
    "days": {"type": "raw", "default": "daily"},
    "from": {"type": "str", "default": "00:00"},
    "to": {"type": "str", "default": "24:00"},
    "timezone": {"type": "str", "default": "UTC"},
    "limit": {"type": "str", "required": True},
}
ARGUMENTS: dict[str, Any] = {
    "root": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "models": {"type": "list", "elements": "dict", "required": True, "options": _MODEL},
    "rate_limit": {"type": "str"},
    "rate_schedule": {"type": "list", "elements": "dict", "options": _WINDOW},
    "rate_file": {"type": "path"},
    "rate_scope": {"type": "str", "default": "site"},
    "reserve": {"type": "str", "default": DEFAULT_RESERVE},
    "workers": {"type": "int", "default": DEFAULT_WORKERS},
    "verify": {"type": "str", "choices": list(LEVELS), "default": "stat"},
    "exclusive": {"type": "bool", "default": False},
    "keep": {"type": "int", "default": 0},
    "report": {"type": "path"},
    "log_path": {"type": "path"},
    "connect_timeout": {"type": "float", "default": 10},
    "stall_timeout": {"type": "float", "default": 60},
    "attempts": {"type": "int", "default": 8},
}


def secrets(params: Mapping[str, Any]) -> set[str]:
    """What Ansible shall hide beside `token`: passwords of proxies, and what stands where no secret may be."""
    found: set[str] = set()
    for model in params["models"]:
        for entry in (model, *(model.get("endpoints") or ())):
            told = entry if isinstance(entry, Mapping) else {"endpoint": entry}
            found.add(str(told.get("token") or ""))
            for address in (told.get("endpoint"), told.get("proxy")):
                user = str(address or "").rpartition("@")[0].rpartition("://")[2]
                found.add(user.partition(":")[2] or user)
    return found - {""}


def parse_params(params: Mapping[str, Any]) -> Spec:
    """A spec from module parameters: those not given are left out, so that one parser judges all wishes."""
    document = {key: value for key, value in params.items() if key in SPEC_KEYS and value is not None}
    document["models"] = [
        {key: value for key, value in model.items() if value is not None} for model in params["models"]
    ]
    return parse(document, os.environ, secrets_inside=True)
