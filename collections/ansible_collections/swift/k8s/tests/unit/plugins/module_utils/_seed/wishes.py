"""Options of the module as Ansible hands them over, with what a test wants to be different."""

from __future__ import annotations

from typing import Any

from ansible_collections.swift.k8s.plugins.module_utils._seed.arguments import ARGUMENTS


def model(**more: Any) -> dict[str, Any]:
    """One model of the option `models`."""
    base = {"id": "org/tiny", "type": "model", "hub": "modelscope", "endpoints": [], "include": [], "exclude": []}
    return {**base, "token_key": "token", "ca_key": "ca.crt", **more}


def params(**more: Any) -> dict[str, Any]:
    """All options."""
    defaults = {name: option.get("default") for name, option in ARGUMENTS.items()}
    own = {"volume": "models", "namespace": "ai", "image": "python:3.11", "models": [model()], "follow_seconds": 0}
    return {**defaults, **own, **more}
