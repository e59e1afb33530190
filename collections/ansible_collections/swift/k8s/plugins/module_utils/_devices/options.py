# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The options people write under device_plugin_<vendor>, checked and completed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._constraints.nearest import unknown
from .problem import DevicePlanError
from .typed import text, typed

# 26.1 is a number to YAML, and no tag of an image.
_VERSION = re.compile(r"\d+\.\d+\.\w.*")


def complete(variable: str, given: Any, defaults: Mapping[str, Any], owners: tuple[str, ...]) -> dict[str, Any]:
    """Return the options with defaults filled in; a key or an owner nobody knows is refused by name."""
    if not isinstance(given, Mapping):
        raise DevicePlanError(f"{variable} must be a mapping such as {{owner: auto}}, not {given!r}")
    for key in given:
        if key not in defaults:
            raise DevicePlanError(f"{variable}: {unknown('key', str(key), defaults)}")
    wished = {key: value for key, value in given.items() if value is not None}
    options = {**defaults, **{key: typed(f"{variable}.{key}", value, defaults[key]) for key, value in wished.items()}}
    if options["owner"] not in owners:
        raise DevicePlanError(f"{variable}.owner: {unknown('owner', str(options['owner']), owners)}")
    if not _VERSION.fullmatch(options["version"]):
        raise DevicePlanError(
            f"{variable}.version is {options['version']!r}; write all of its parts, such as {defaults['version']}."
        )
    return {**options, "nodes": [_entry(variable, entry) for entry in options["nodes"]]}


ENTRY_KEYS = {"device_plugin_nvidia": ("selector", "profile"), "device_plugin_ascend": ("selector", "chip")}


def _entry(variable: str, entry: Any) -> dict[str, str]:
    allowed = ENTRY_KEYS[variable]
    if not isinstance(entry, Mapping) or "selector" not in entry:
        raise DevicePlanError(
            f"{variable}.nodes: every entry needs a selector, such as {{selector: pool=dev}}; got {entry!r}"
        )
    for key in entry:
        if key not in allowed:
            raise DevicePlanError(f"{variable}.nodes: {unknown('key', str(key), allowed)}")
    if not isinstance(entry["selector"], str):
        raise DevicePlanError(
            f"{variable}.nodes: selector {entry['selector']!r} is no text; write it as kubectl does: pool=dev,!spare"
        )
    return {key: text(f"{variable}.nodes: {key}", value) for key, value in entry.items() if value is not None}
