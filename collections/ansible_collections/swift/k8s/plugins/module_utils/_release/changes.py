# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What an action does to the objects: the same list for --check, --diff and the result. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import fields, yamldoc
from .drift import Finding
from .objects import Key, Object, Path, kept, text

_MASKED = "******** (hidden)"
#: a longer text is a file of the chart's, which nobody reads in a diff
_LONGEST_TEXT = 4096


@dataclass(frozen=True)
class ObjectChange:
    """One object: created, changed, deleted or recreated, with the fields that differ (path, before, after)."""

    key: Key
    verb: str
    fields: tuple[tuple[str, Any, Any], ...] = ()

    def report(self) -> dict[str, Any]:
        return {"object": str(self.key), "change": self.verb, "fields": [field[0] for field in self.fields]}


def upgrade(
    new: Mapping[Key, Object],
    stored: Mapping[Key, Object],
    live: Mapping[Key, Object | None],
    recreate: Collection[Key] = (),
) -> list[ObjectChange]:
    """From what is live (and what Helm believes) to the new manifest."""
    changes: list[ObjectChange] = []
    for key, item in new.items():
        other = live.get(key)
        if other is None:
            changes.append(ObjectChange(key, "created", _whole(key, item, after=True)))
            continue
        differing = [(change.path, change.live, change.declared) for change in fields.differences(item, other)]
        differing += _dropped(item, stored.get(key), other)
        if differing:
            verb = "recreated" if key in recreate else "changed"
            changes.append(ObjectChange(key, verb, tuple(_field(key, *one) for one in differing)))
    gone = [key for key, item in stored.items() if key not in new and live.get(key) is not None and not kept(item)]
    return changes + [ObjectChange(key, "deleted", _whole(key, stored[key], after=False)) for key in gone]


def _dropped(new: Object, stored: Object | None, live: Object) -> list[tuple[Path, Any, Any]]:
    """Fields that the stored revision declared and the new manifest does not: Helm removes them."""
    if stored is None:
        return []
    removed = [change for change in fields.differences(stored, fields.comparable(new)) if change.live is None]
    still = {change.path for change in fields.differences(stored, live) if change.live is None}
    return [(change.path, change.declared, None) for change in removed if change.path not in still]


def heal(findings: Iterable[Finding], declared: Mapping[Key, Object]) -> list[ObjectChange]:
    """From the drifted state back to the stored manifest."""
    by_key: dict[Key, list[Finding]] = {}
    for finding in findings:
        by_key.setdefault(finding.key, []).append(finding)
    changes = []
    for key, group in by_key.items():
        if group[0].kind == "missing":
            changes.append(ObjectChange(key, "created", _whole(key, declared[key], after=True)))
        else:
            differing = tuple(_field(key, one.path, one.live, one.declared) for one in group)
            changes.append(ObjectChange(key, "changed", differing))
    return changes


def removal(stored: Mapping[Key, Object], live: Mapping[Key, Object | None], keep_volumes: bool) -> list[ObjectChange]:
    """What goes with the release: all but what Helm keeps, and the claims as the task says."""
    gone = [key for key, item in stored.items() if live.get(key) and not stays(key, item, keep_volumes)]
    return [ObjectChange(key, "deleted", _whole(key, stored[key], after=False)) for key in gone]


def stays(key: Key, item: Object, keep_volumes: bool) -> bool:
    """Whether an object outlives its release."""
    return keep_volumes if key.kind == "PersistentVolumeClaim" else kept(item)


def difference(title: str, changes: Iterable[ObjectChange]) -> dict[str, str]:
    """Ansible's diff of one release: one YAML document an object, only the fields that differ."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in changes:
        before[str(change.key)] = {path: old for path, old, _new in change.fields if old is not None} or None
        after[str(change.key)] = {path: new for path, _old, new in change.fields if new is not None} or None
    return {
        "before_header": f"{title} (cluster)",
        "after_header": f"{title} (wanted)",
        "before": _text(before),
        "after": _text(after),
    }


def _text(side: Mapping[str, Any]) -> str:
    present = {key: _readable(value) for key, value in side.items() if value is not None}
    return yamldoc.dump(present) if present else ""


def _readable(value: Any) -> Any:
    """The value with a digest in place of each long text: enough to see that it differs."""
    if isinstance(value, Mapping):
        return {name: _readable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"({len(value)} characters, sha256 {hashlib.sha256(value.encode()).hexdigest()[:12]})"
    return value


def _whole(key: Key, item: Object, after: bool) -> tuple[tuple[str, Any, Any], ...]:
    parts = sorted((name, value) for name, value in fields.comparable(item).items() if value)
    whole = [_field(key, (name,), None if after else value, value if after else None) for name, value in parts]
    return tuple(whole) or (
        _field(key, ("apiVersion",), None if after else key.api_version, key.api_version if after else None),
    )


def _field(key: Key, path: Path, before: Any, after: Any) -> tuple[str, Any, Any]:
    """A field with its values; a Secret's are hidden but still seen to differ."""
    if key.kind == "Secret" and path[:1] in (("data",), ("stringData",)):
        hide = before is not None and after is not None
        return (
            text(path),
            before and _MASKED.replace("hidden", "old") if hide else _mask(before),
            _mask(after, "new" if hide else "hidden"),
        )
    return text(path), before, after


def _mask(value: Any, word: str = "hidden") -> Any:
    return None if value is None else _MASKED.replace("hidden", word)
