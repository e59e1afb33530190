# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What an unfinished revision left in the cluster. Pure.

Helm compares an upgrade with the last revision that was deployed. Fields and objects that only a failed or abandoned
revision brought are in neither manifest, so Helm would leave them behind.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import fields, immutable
from .drift import Finding
from .objects import Key, Object, kept


def objects(
    new: Mapping[Key, Object],
    unfinished: Mapping[Key, Object],
    deployed: Mapping[Key, Object],
    live: Mapping[Key, Object | None],
) -> list[Key]:
    """Objects that only the unfinished revision declares."""
    return [
        key
        for key, item in unfinished.items()
        if key not in new and key not in deployed and live.get(key) is not None and not kept(item)
    ]


def findings(
    new: Mapping[Key, Object],
    unfinished: Mapping[Key, Object],
    deployed: Mapping[Key, Object],
    live: Mapping[Key, Object | None],
) -> dict[Key, list[Finding]]:
    """Live fields that only the unfinished revision declares, as additions to be taken back."""
    found: dict[Key, list[Finding]] = {}
    for key, item in unfinished.items():
        other = live.get(key)
        if other is None or key not in new:
            continue
        absent = {change.path for change in fields.differences(item, other) if change.live is None}
        known = {change.path for change in fields.differences(item, deployed.get(key, {})) if change.live is None}
        for change in fields.differences(item, new[key]):
            only_there = change.live is None and change.path in known and change.path not in absent
            if only_there and not immutable.fixed(key.kind, change.path):
                found.setdefault(key, []).append(Finding(key, "added", change.path, None, change.declared))
    return found
