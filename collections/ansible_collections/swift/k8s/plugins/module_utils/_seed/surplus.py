# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Recorded models that nobody wishes any more: which may go, and which are still in use (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._hub import names
from . import record
from .labels import LABELS
from .wish import Wish, snapshot


class Surplus(NamedTuple):
    """Keys of the record to remove, and keys that stay with the pods that use them."""

    remove: tuple[str, ...] = ()
    in_use: Mapping[str, Sequence[str]] = {}


NO_SURPLUS = Surplus()


def surplus(wish: Wish, recorded: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> Surplus:
    """A model is in use when a pod that mounts the volume names it: in arguments, environment or annotations.

    What is wished under another key of the same snapshot stays: the key says whether a revision was named, not which.
    """
    wished = {snapshot(model) for model in wish.models}
    spare = sorted(name for name, told in recorded.items() if record.snapshot(told) not in wished)
    mounting = [(pod["metadata"]["name"], json.dumps(pod)) for pod in pods if _mounts(pod, wish.volume)]
    users = {name: [pod for pod, text in mounting if _named(recorded[name]["id"], text)] for name in spare}
    return Surplus(
        tuple(name for name in spare if not users[name]), {name: found for name, found in users.items() if found}
    )


def _named(model_id: str, text: str) -> bool:
    """Under one of the names that the cache gives a model: its own, those of its directories, and the old client's."""
    return any(each in text for each in (model_id, names.dashed(model_id), names.old_id(model_id)))


def _mounts(pod: Mapping[str, Any], volume: str) -> bool:
    component = LABELS["app.kubernetes.io/component"]
    ours = (pod["metadata"].get("labels") or {}).get("app.kubernetes.io/component") == component
    ended = (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}
    claims = [(each.get("persistentVolumeClaim") or {}).get("claimName") for each in pod["spec"].get("volumes") or []]
    return volume in claims and not ours and not ended
