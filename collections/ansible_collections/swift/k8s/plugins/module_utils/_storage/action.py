# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""One change to one object, decided but not done, and how a list of them reads as a diff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Action:
    """`verb` is create, patch or delete; `body` is the whole object to create, or the merge patch."""

    verb: str
    api_version: str
    kind: str
    name: str
    namespace: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Kind and name, as people write them."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def after(self) -> Mapping[str, Any]:
        """What a reader of the diff sees as the result."""
        return {} if self.verb == "delete" else self.body


def create(body: Mapping[str, Any]) -> Action:
    """The action that makes an object."""
    meta = body["metadata"]
    return Action("create", body["apiVersion"], body["kind"], meta["name"], meta.get("namespace", ""), body)


def patch(found: Mapping[str, Any], body: Mapping[str, Any]) -> Action:
    """The action that changes fields of an object that exists."""
    meta = found["metadata"]
    return Action(
        "patch",
        found["apiVersion"],
        found["kind"],
        meta["name"],
        meta.get("namespace", ""),
        body,
        _same_fields(found, body),
    )


def delete(found: Mapping[str, Any]) -> Action:
    """The action that removes an object that exists."""
    meta = found["metadata"]
    before = {"spec": found.get("spec", {})}
    return Action("delete", found["apiVersion"], found["kind"], meta["name"], meta.get("namespace", ""), {}, before)


def diff(actions: Sequence[Action]) -> dict[str, Any]:
    """Before and after of all actions, keyed by object, as Ansible's --diff prints them."""
    return {
        "before": {action.title: dict(action.before) for action in actions if action.before},
        "after": {action.title: dict(action.after) for action in actions if action.after},
    }


def _same_fields(found: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields that a patch sets hold now."""
    now: dict[str, Any] = {}
    for key, value in body.items():
        inner = found.get(key)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            now[key] = _same_fields(inner, value)
        elif inner is not None:
            now[key] = inner
    return now
