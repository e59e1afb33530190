# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A rollout that fits the free devices: surge, waves, or one after the other. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import capacity
from .objects import Object, template


@dataclass(frozen=True)
class Choice:
    """The chart's value for the strategy, and the sentence that explains it."""

    value: Mapping[str, Any]
    sentence: str


def rolls(new: Object, live: Object | None) -> bool:
    """Whether the upgrade replaces pods that hold devices."""
    return live is not None and bool(capacity.devices(_pod(new)))


def choose(new: Object, spare: int) -> Choice:
    """For a Deployment whose pods hold devices; spare: how many more of its pods have room."""
    name = new["metadata"]["name"]
    replicas = int((new.get("spec") or {}).get("replicas", 1))
    need = ", ".join(f"{amount} {resource}" for resource, amount in sorted(capacity.devices(_pod(new)).items()))
    if spare > 0:
        surge = max(1, min(spare, replicas // 4))
        room = f"{spare} more pod{'s' if spare > 1 else ''} with {need} each would fit"
        return Choice(
            _rolling(surge, 0), f"Deployment {name}: {room}, so {surge} at a time comes up before an old one ends"
        )
    if replicas > 1:
        wave = max(1, replicas // 4)
        text = f"no room for another pod with {need}, so {wave} of {replicas} replicas at a time is replaced in place"
        return Choice(_rolling(0, wave), f"Deployment {name}: {text}")
    text = (
        f"no room for another pod with {need} and one replica only: down from the old pod's end until the new is ready"
    )
    return Choice({"type": "Recreate", "rollingUpdate": None}, f"Deployment {name}: {text}")


def deadlock(new: Object, spare: int) -> str:
    """Why a strategy that the user chose cannot work; empty where it can."""
    spec = new.get("spec") or {}
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    replicas = int(spec.get("replicas", 1))
    stays = _absolute(rolling.get("maxUnavailable", "25%"), replicas)
    if (spec.get("strategy") or {}).get("type") == "Recreate" or stays > 0 or spare > 0:
        return ""
    return (
        f"Deployment {new['metadata']['name']}: its strategy wants a new pod before an old one ends, "
        "but no room is left for it; set maxUnavailable to 1, or free a device"
    )


def _rolling(surge: int, unavailable: int) -> dict[str, Any]:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}


def _absolute(value: Any, replicas: int) -> int:
    """maxUnavailable as the Deployment controller reads it: percentages are rounded down."""
    text = str(value)
    return int(text[:-1]) * replicas // 100 if text.endswith("%") else int(text)


def _pod(deployment: Object) -> Mapping[str, Any]:
    return template(deployment).get("spec") or {}
