# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How one server is asked: the options, their defaults, and their completion for callers within the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .checks import CHECKS

SERVICE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "url": {"type": "str"},
    "url_ca_cert": {"type": "path"},
    "url_validate_certs": {"type": "bool", "default": True},
    "namespace": {"type": "str", "default": "ms-swift"},
    "service": {"type": "str"},
    "label_selector": {"type": "str"},
    "port": {"type": "int"},
    "model": {"type": "str"},
    "api_key_secret": {
        "type": "dict",
        "no_log": False,
        "options": {
            "name": {"type": "str", "required": True},
            "key": {"type": "str", "default": "api-key", "no_log": False},
        },
    },
    "server_key": {"type": "str", "no_log": True},
    "checks": {"type": "list", "elements": "str", "choices": list(CHECKS), "default": ["health", "models", "chat"]},
    "question": {"type": "str", "default": "Say hello."},
    "max_tokens": {"type": "int", "default": 16, "no_log": False},
    "timeout_seconds": {"type": "int", "default": 60},
    "retries": {"type": "int", "default": 3},
    "delay": {"type": "int", "default": 5},
}
RULES: dict[str, Any] = {
    "required_one_of": [("url", "service", "label_selector")],
    "mutually_exclusive": [("url", "service", "label_selector"), ("api_key_secret", "server_key")],
}


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options with their defaults. Raises ValueError with a message for people."""
    checked = ArgumentSpecValidator(SERVICE, **RULES).validate(dict(given))
    if checked.error_messages:
        raise ValueError("; ".join(checked.error_messages))
    return dict(checked.validated_parameters)
