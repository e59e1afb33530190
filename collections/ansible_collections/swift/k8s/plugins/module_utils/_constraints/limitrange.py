# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""LimitRanges of a namespace against what releases and claims ask for. Pure.

https://kubernetes.io/docs/concepts/policy/limit-range/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._cluster.quantity import parse_quantity

Object = Mapping[str, Any]
_ROW = {"Container": "container", "Pod": "pod"}


def exceeded(ranges: Iterable[Object], namespace: str, wishes: Object) -> list[str]:
    """Return what the API server would refuse: more than `max`, or a claim smaller than `min`."""
    return [text for row in _rows(ranges) for text in _refused(row, namespace, wishes)]


def starved(ranges: Iterable[Object], namespace: str, wishes: Object) -> list[str]:
    """Return the releases that set no memory limit, and so get the namespace's default one."""
    defaults = [
        str(row["default"]["memory"])
        for row in _rows(ranges)
        if row.get("type") == "Container" and (row.get("default") or {}).get("memory")
    ]
    return [
        f"release {release['name']}: {defaults[0]}"
        for release in _of(wishes["releases"], namespace)
        if defaults and "memory" not in release["limits"]
    ]


def _rows(ranges: Iterable[Object]) -> Iterator[Object]:
    for item in ranges:
        yield from (item.get("spec") or {}).get("limits") or []


def _of(items: Iterable[Object], namespace: str) -> list[Object]:
    return [item for item in items if item["namespace"] == namespace]


def _refused(row: Object, namespace: str, wishes: Object) -> Iterator[str]:
    highest, lowest = row.get("max") or {}, row.get("min") or {}
    if row.get("type") in _ROW:
        for release in _of(wishes["releases"], namespace):
            for name, wanted in release["limits"].items():
                if name in highest and _more(wanted, highest[name]):
                    text = f"{name} {wanted}, at most {highest[name]} a {_ROW[row['type']]}"
                    yield f"release {release['name']}: {text}"
    if row.get("type") == "PersistentVolumeClaim":
        for claim in _of(wishes["claims"], namespace):
            size = claim.get("size")
            if size and "storage" in highest and _more(size, highest["storage"]):
                yield f"claim {claim['name']}: {size}, at most {highest['storage']}"
            if size and "storage" in lowest and _more(lowest["storage"], size):
                yield f"claim {claim['name']}: {size}, at least {lowest['storage']}"


def _more(one: Any, other: Any) -> bool:
    """Whether one quantity is more than another; what is no quantity is left to those who parse it for good."""
    try:
        return parse_quantity(one) > parse_quantity(other)
    except ValueError:
        return False
