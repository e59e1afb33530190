# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Drift: where the cluster no longer has what the stored revision declared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import fields, ownership
from .objects import Key, Object, Path, text

_SCALABLE = ("Deployment", "StatefulSet", "ReplicaSet")
_MASK = "********"


@dataclass(frozen=True)
class Finding:
    """One difference between the stored manifest and the live object."""

    key: Key
    kind: str  # missing | changed | added
    path: Path = ()
    declared: Any = None
    live: Any = None
    owner: ownership.Owner | None = None

    @property
    def secret(self) -> bool:
        return self.key.kind == "Secret" and self.path[:1] in (("data",), ("stringData",))

    def report(self) -> dict[str, Any]:
        """For results and reports: plain data, Secret values masked."""
        return {
            "object": str(self.key),
            "drift": self.kind,
            "field": text(self.path),
            "declared": _MASK if self.secret and self.declared is not None else self.declared,
            "live": _MASK if self.secret and self.live is not None else self.live,
            "changed_by": self.owner.manager if self.owner else "",
            "changed_at": self.owner.time if self.owner else "",
        }

    def __str__(self) -> str:
        if self.kind == "missing":
            return f"{self.key} is missing"
        by = f" by {self.owner}" if self.owner else ""
        return f"{self.key} {text(self.path)} was {self.kind}{by}"


def findings(declared: Mapping[Key, Object], live: Mapping[Key, Object | None]) -> list[Finding]:
    """All drift of a release, in the manifest's order."""
    scaled = set(_scaled(declared))
    found: list[Finding] = []
    for key, item in declared.items():
        other = live.get(key)
        if other is None:
            if not _expires(item):
                found.append(Finding(key, "missing"))
            continue
        found.extend(_changed(key, item, other, (key.kind, key.name) in scaled))
        found.extend(_added(key, item, other))
    return found


def _changed(key: Key, declared: Object, live: Object, scaled: bool) -> Iterator[Finding]:
    for change in fields.differences(declared, live):
        owner = ownership.owner_of(live, change.path)
        replicas = key.kind in _SCALABLE and change.path == ("spec", "replicas")
        if replicas and (scaled or (owner is not None and owner.autoscaler)):
            continue
        yield Finding(key, "changed", change.path, change.declared, change.live, owner or _witness(live))


def _witness(live: Object) -> ownership.Owner | None:
    """A field that is gone has no owner left; the last one to write the object by hand is the best guess."""
    owner = ownership.newest(live)
    return owner if owner is not None and owner.by_hand else None


def _added(key: Key, declared: Object, live: Object) -> Iterator[Finding]:
    wanted = fields.comparable(declared)
    seen: set[Path] = set()
    for leaf, owner in ownership.set_by_hand(live):
        for path in _undeclared(wanted, live, leaf):
            value = _lookup(live, path)
            if path not in seen and value is not None:
                seen.add(path)
                yield Finding(key, "added", path, None, value, owner)


def _undeclared(wanted: Any, live: Object, leaf: Path) -> list[Path]:
    """What the leaf adds to the manifest: the shortest part of its path that is new, or new keys of a whole map."""
    for depth, step in enumerate(leaf):
        inner = _enter(wanted, step)
        if inner is None:
            return [leaf[: depth + 1]]
        wanted = inner
    there = _lookup(live, leaf)
    if isinstance(wanted, Mapping) and isinstance(there, Mapping):
        return [(*leaf, key) for key in there if key not in wanted]
    return []


def _lookup(item: Any, path: Path) -> Any:
    for step in path:
        item = _enter(item, step)
    return item


def _enter(item: Any, step: Any) -> Any:
    if isinstance(step, str):
        return item.get(step) if isinstance(item, Mapping) else None
    if isinstance(item, list):
        pairs = dict(step)
        return next((entry for entry in item if isinstance(entry, Mapping) and _matches(entry, pairs)), None)
    return None


def _matches(entry: Mapping[str, Any], pairs: Mapping[str, Any]) -> bool:
    return all(entry.get(name, "TCP" if name == "protocol" else None) == value for name, value in pairs.items())


def _scaled(declared: Mapping[Key, Object]) -> Iterator[tuple[str, str]]:
    """Workloads whose replicas an autoscaler of the same release decides."""
    for key, item in declared.items():
        if key.kind in ("HorizontalPodAutoscaler", "ScaledObject"):
            target = (item.get("spec") or {}).get("scaleTargetRef") or {}
            yield str(target.get("kind", "Deployment")), str(target.get("name", ""))


def _expires(item: Object) -> bool:
    """A Job that removes itself when it is done is not missed."""
    return item.get("kind") == "Job" and (item.get("spec") or {}).get("ttlSecondsAfterFinished") is not None
