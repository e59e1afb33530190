# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A node's facts -> names of inventory groups. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Node = Mapping[str, Any]
UNKNOWN = "unknown"


def _health(node: Node) -> list[str]:
    if not node["ready"]:
        return ["not_ready"]
    return ["ready" if node["schedulable"] else "cordoned"]


def _of_devices(key: str) -> Callable[[Node], list[str]]:
    return lambda node: [str(device[key] or UNKNOWN) for device in node["accelerators"]]


#: What nodes can be grouped by -> the values of a node.
KEYS: dict[str, Callable[[Node], list[str]]] = {
    "vendor": lambda node: _of_devices("vendor")(node) or ["none"],
    "product": _of_devices("product"),
    "driver": _of_devices("driver"),
    "sharing": _of_devices("sharing"),
    "health": _health,
    "arch": lambda node: [str(node["arch"] or UNKNOWN)],
}


def groups(node: Node, keys: Iterable[str]) -> list[str]:
    """The groups of a node, each once, as driver_580_95_05."""
    names = [f"{key}_{value}" for key in keys for value in KEYS[key](node)]
    return list(dict.fromkeys(re.sub(r"[^a-z0-9_]", "_", name.lower()) for name in names))
