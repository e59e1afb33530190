# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The options people write under device_plugin_<vendor>, checked and completed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._constraints.nearest import unknown
from .problem import DevicePlanError


def complete(variable: str, given: Any, defaults: Mapping[str, Any], owners: tuple[str, ...]) -> dict[str, Any]:
    """Return the options with defaults filled in; a key or an owner nobody knows is refused by name."""
    if not isinstance(given, Mapping):
        raise DevicePlanError(f"{variable} must be a mapping such as {{owner: auto}}, not {given!r}")
    for key in given:
        if key not in defaults:
            raise DevicePlanError(f"{variable}: {unknown('key', str(key), defaults)}")
    options = {**defaults, **{key: value for key, value in given.items() if value is not None}}
    if options["owner"] not in owners:
        raise DevicePlanError(f"{variable}.owner: {unknown('owner', str(options['owner']), owners)}")
    for entry in options["nodes"]:
        _check_entry(variable, entry)
    return options


ENTRY_KEYS = {"device_plugin_nvidia": ("selector", "profile"), "device_plugin_ascend": ("selector", "chip")}


def _check_entry(variable: str, entry: Any) -> None:
    allowed = ENTRY_KEYS[variable]
    if not isinstance(entry, Mapping) or "selector" not in entry:
        raise DevicePlanError(
            f"{variable}.nodes: every entry needs a selector, such as {{selector: pool=dev}}; got {entry!r}"
        )
    for key in entry:
        if key not in allowed:
            raise DevicePlanError(f"{variable}.nodes: {unknown('key', str(key), allowed)}")
