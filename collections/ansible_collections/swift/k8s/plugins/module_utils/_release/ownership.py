# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Who set a field, and when: reading an object's managedFields. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .objects import Object, Path, Step

#: Programs of the cluster and of Helm: what they add to an object is theirs to add.
_PROGRAM = re.compile(
    r"^(helm|swift-k8s.*)$|controller|operator|-manager|autoscaler|scheduler|admission|webhook|kubelet|kwok|keda", re.I
)
_AUTOSCALERS = re.compile(r"^kube-controller-manager$|autoscaler|keda", re.I)


@dataclass(frozen=True)
class Owner:
    """One entry of managedFields."""

    manager: str
    operation: str
    time: str
    subresource: str = ""

    def __str__(self) -> str:
        return f"{self.manager} at {self.time}"

    @property
    def by_hand(self) -> bool:
        """Someone's edit, as opposed to a controller's, an apply by its own owner, or Helm's."""
        return self.operation == "Update" and self.subresource != "status" and not _PROGRAM.search(self.manager)

    @property
    def autoscaler(self) -> bool:
        return self.subresource == "scale" and bool(_AUTOSCALERS.search(self.manager))


def owner_of(item: Object, path: Path) -> Owner | None:
    """The newest manager of a field, or of the nearest field above it that has one."""
    owners = [(depth, owner) for owner, tree in _entries(item) if (depth := _depth(tree, path)) > 0]
    return max(owners, key=lambda pair: (pair[0], pair[1].time))[1] if owners else None


def newest(item: Object) -> Owner | None:
    """Who wrote the object last, its status aside."""
    owners = [owner for owner, _tree in _entries(item) if owner.subresource != "status"]
    return max(owners, key=lambda owner: owner.time) if owners else None


def set_by_hand(item: Object) -> Iterator[tuple[Path, Owner]]:
    """Leaves that someone set by hand; labels and annotations that are not declared are anybody's to add."""
    for owner, tree in _entries(item):
        if owner.by_hand:
            for path in _leaves(tree):
                if path and path[0] != "status" and "metadata" not in path:
                    yield path, owner


def _entries(item: Object) -> Iterator[tuple[Owner, Mapping[str, Any]]]:
    for entry in (item.get("metadata") or {}).get("managedFields") or []:
        owner = Owner(
            str(entry.get("manager", "unknown")),
            str(entry.get("operation", "")),
            str(entry.get("time", "")),
            str(entry.get("subresource", "")),
        )
        yield owner, entry.get("fieldsV1") or {}


def _depth(tree: Mapping[str, Any], path: Path) -> int:
    """How many steps of the path the tree follows; 0 unless it ends at the path or at a leaf above it."""
    for depth, step in enumerate(path):
        branch = next((value for key, value in tree.items() if _is(key, step)), None)
        if branch is None:
            return 0
        if not branch:
            return depth + 1
        tree = branch
    return len(path)


def _is(key: str, step: Step) -> bool:
    if isinstance(step, str):
        return key == f"f:{step}"
    if isinstance(step, tuple):
        return key.startswith("k:") and all(json.loads(key[2:]).get(name) == value for name, value in step)
    return key == f"i:{step}"


def _leaves(tree: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    for key, branch in tree.items():
        step = _step(key)
        if step is None:
            continue
        if branch and set(branch) != {"."}:
            yield from _leaves(branch, (*path, step))
        else:
            yield (*path, step)


def _step(key: str) -> Step | None:
    kind, _colon, rest = key.partition(":")
    if kind == "f":
        return rest
    if kind == "k":
        return tuple(sorted(json.loads(rest).items()))
    return None
