# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Fields that we set once and no longer declare: server-side apply removes them, so a plan has to name them. Pure.

Format of fieldsV1: https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_MISSING: Any = object()


def stale(live: Mapping[str, Any], declared: Mapping[str, Any], manager: str) -> list[str]:
    """Dotted paths of leaves that the manager applied and the declared object lacks."""
    return [
        path
        for entry in (live.get("metadata") or {}).get("managedFields") or []
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")
        for path in _leaves(entry.get("fieldsV1") or {}, declared, "")
    ]


def _leaves(tree: Mapping[str, Any], declared: Any, path: str) -> Iterator[str]:
    for key, branch in tree.items():
        if key == ".":
            continue
        child = _child(declared, key)
        name = f"{path}.{_name(key)}".lstrip(".")
        if child is _MISSING:
            yield name
        elif branch and set(branch) != {"."} and child is not None:
            yield from _leaves(branch, child, name)


def _child(declared: Any, key: str) -> Any:
    kind, _colon, rest = key.partition(":")
    if kind == "f":
        # What a Secret's stringData says is stored, and owned, as data.
        text = declared.get("stringData") if rest == "data" and isinstance(declared, Mapping) else None
        found = declared.get(rest, _MISSING) if isinstance(declared, Mapping) else _MISSING
        return {**(found if isinstance(found, Mapping) else {}), **text} if text else found
    items = declared if isinstance(declared, list) else []
    if kind == "k":
        wanted = json.loads(rest)
        return next((item for item in items if _matches(item, wanted)), _MISSING)
    if kind == "v":
        return None if json.loads(rest) in items else _MISSING
    return None


def _matches(item: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether a list item has the identity; protocol is TCP where nobody says otherwise."""
    return isinstance(item, Mapping) and all(
        item.get(name, "TCP" if name == "protocol" else _MISSING) == value for name, value in wanted.items()
    )


def _name(key: str) -> str:
    return key.partition(":")[2]
