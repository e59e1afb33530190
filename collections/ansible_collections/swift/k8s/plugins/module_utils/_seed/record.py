# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What the record in the cluster says was seeded (pure).

A ConfigMap beside the claim, written after success. It lets an unchanged run end without a pod. It does not see files
that somebody removes behind our back; `verify: stat` asks the volume itself, as every serving pod does when it starts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from . import wish as wishes
from .labels import LABELS, object_name
from .wish import Wish

VERSION = 1
#: What is kept of the engine's result of a model.
_KEPT = ("id", "type", "path", "revision", "resolved", "hub", "files", "bytes")


def name(place: str) -> str:
    """The ConfigMap's name."""
    return object_name("swift-k8s-seeded", place)


def read(found: Optional[Mapping[str, Any]], claim_uid: str) -> dict[str, Any]:
    """The recorded models, by key; nothing when the record speaks of another claim of this name.

    An entry that somebody has damaged counts for nothing: its model is looked at again.
    """
    content = _content(found)
    return _models(content) if content.get("claim_uid") == claim_uid else {}


def fingerprints(found: Optional[Mapping[str, Any]]) -> set[str]:
    """The fingerprints of the models that were fetched once, onto whichever claim of this name."""
    return {str(told["fingerprint"]) for told in _models(_content(found)).values()}


def _content(found: Optional[Mapping[str, Any]]) -> dict[str, Any]:
    try:
        content = json.loads(((found or {}).get("data") or {}).get("record.json") or "{}")
    except ValueError:
        return {}
    return dict(content) if content.get("version") == VERSION else {}


def _models(content: Mapping[str, Any]) -> dict[str, Any]:
    models = content.get("models") or {}
    return {name: told for name, told in models.items() if {"fingerprint", *_KEPT} <= set(told)}


def missing(wish: Wish, recorded: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The wished models of which the record does not say that they are there."""
    return [
        model
        for model in wish.models
        if (recorded.get(wishes.key(model)) or {}).get("fingerprint") != wishes.fingerprint(model)
    ]


def snapshot(told: Mapping[str, Any]) -> tuple[str, str, str]:
    """What an entry speaks of, as `wish.snapshot`; it has one entry, whichever key it was wished by last."""
    return told["type"], told["id"], told["revision"]


def build(
    wish: Wish,
    claim_uid: str,
    recorded: Mapping[str, Any],
    done: Sequence[Mapping[str, Any]],
    removed: Sequence[str] = (),
) -> dict[str, Any]:
    """The ConfigMap after the engine has reported the models of `done` in the order of the wish."""
    models = {name: told for name, told in recorded.items() if name not in removed}
    for model, told in zip(wish.models, done):
        models = {name: other for name, other in models.items() if snapshot(other) != snapshot(told)}
        kept = {name: told[name] for name in _KEPT if name in told}
        models[wishes.key(model)] = {"fingerprint": wishes.fingerprint(model), **kept}
    content = {"version": VERSION, "claim_uid": claim_uid, "models": models}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name(wish.place), "namespace": wish.namespace, "labels": dict(LABELS)},
        "data": {"record.json": json.dumps(content, indent=1, sort_keys=True)},
    }
