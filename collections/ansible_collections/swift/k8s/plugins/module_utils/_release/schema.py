# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Structural schemas of CustomResourceDefinitions: which fields a newer one no longer knows. Pure.

The API server drops fields that the schema does not know whenever it reads an object from its store:
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: Steps into all items of a list and into all values of a map.
ITEMS, VALUES = "[]", "{}"
Steps = tuple[str, ...]
Schema = Mapping[str, Any]


def of(version: Mapping[str, Any]) -> Schema:
    """The schema of one version of a definition."""
    return (version.get("schema") or {}).get("openAPIV3Schema") or {}


def pruned(old: Schema, new: Schema, path: Steps = ()) -> Iterator[Steps]:
    """Fields that the old schema knows and the new one would drop."""
    if new.get("x-kubernetes-preserve-unknown-fields"):
        return
    after, others = new.get("properties") or {}, new.get("additionalProperties")
    for name, inner in (old.get("properties") or {}).items():
        if name in after:
            yield from pruned(inner, after[name], (*path, name))
        elif isinstance(others, Mapping):
            yield from pruned(inner, others, (*path, name))
        elif not others:
            yield (*path, name)
    for step, key in ((ITEMS, "items"), (VALUES, "additionalProperties")):
        if isinstance(old.get(key), Mapping) and isinstance(new.get(key), Mapping):
            yield from pruned(old[key], new[key], (*path, step))


def holds(item: Any, path: Steps) -> bool:
    """Whether an object has the field."""
    if not path:
        return item is not None
    first, rest = path[0], path[1:]
    if first == ITEMS:
        return isinstance(item, list) and any(holds(one, rest) for one in item)
    if not isinstance(item, Mapping):
        return False
    if first == VALUES:
        return any(holds(one, rest) for one in item.values())
    return first in item and holds(item[first], rest)


def text(path: Steps) -> str:
    """spec.list[].field"""
    return ".".join(path).replace(f".{ITEMS}", ITEMS).replace(f".{VALUES}", VALUES)
