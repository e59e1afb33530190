# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Addresses outside the site that a run would fetch from; behind an air gap each of them is an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .images import parse

# Hubs that a model comes from when no endpoint is named.
HUBS = {"modelscope": "www.modelscope.cn", "huggingface": "huggingface.co"}
CHART_REPOSITORY = "https://nvidia.github.io/k8s-device-plugin"


def images(wanted: Iterable[str], inside: set[str]) -> list[str]:
    """Return the images whose registry is not among those of the site."""
    return sorted(name for name in wanted if parse(name).registry not in inside)


def models(wished: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the models that come from a public hub, with its name."""
    return [f"{HUBS[_hub(model)]} (model {model.get('id')})" for model in wished if at_public_hub(model)]


def at_public_hub(model: Mapping[str, Any]) -> bool:
    """Say whether a model comes from a public hub: it has no endpoint of its own."""
    return _hub(model) in HUBS and not (model.get("endpoint") or model.get("endpoints") or model.get("source"))


def _hub(model: Mapping[str, Any]) -> str:
    return str(model.get("hub") or "modelscope")


def charts(plan: Mapping[str, Any]) -> list[str]:
    """Return the public repositories that charts of device plugins come from."""
    parts = (plan.get("vendors") or {}).values()
    options = [part["options"] for part in parts if part.get("action") == "install" and part.get("values")]
    return [
        f"{item['repository']} (chart {item['chart']})"
        for item in options
        if "/" not in item["chart"] and item["repository"] == CHART_REPOSITORY
    ]
