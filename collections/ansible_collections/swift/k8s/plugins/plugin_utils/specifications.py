# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Argument specifications of roles, and what they say of an inventory's variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.swift.k8s.plugins.module_utils._constraints.nearest import nearest

JUDGED = ("type", "elements", "choices", "required")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(paths: Iterable[str]) -> dict[str, Any]:
    """Name to type, elements, choices, required and suboptions, of the options of every entry point of every file.

    Defaults are left away: only values that are given are judged, and templates of files are none here.
    """
    entries = [entry for path in paths for entry in (_document(path).get("argument_specs") or {}).values()]
    return {name: _judged(option) for entry in entries for name, option in (entry.get("options") or {}).items()}


def _document(path: str) -> Mapping[str, Any]:
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader=_LOADER) or {}  # noqa: S506 - both loaders are safe ones


def _judged(option: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: option[key] for key in JUDGED if key in option}
    if "options" in option:
        kept["options"] = {name: _judged(part) for name, part in option["options"].items()}
    return kept


def wrong(values: Mapping[str, Any], specification: Mapping[str, Any]) -> list[str]:
    """A sentence for each value that is not as specified.

    Ansible's validator says nothing of a list or a mapping that is null, which a key with nothing behind it is.
    """
    judged = ArgumentSpecValidator(dict(specification)).validate(dict(values), validate_role_argument_spec=True)
    nulls = [name for name, value in values.items() if value is None and _is_many(specification[name])]
    return [
        *(str(sentence) for sentence in judged.error_messages),
        *(f"{name} is null: write [] or {{}} for none, or remove the variable" for name in sorted(nulls)),
    ]


def _is_many(option: Mapping[str, Any]) -> bool:
    return option.get("type") in ("list", "dict")


def misspelt(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """A sentence for each name that is not known and near to one that is."""
    there = sorted(known)
    close = {name: nearest(name, there) for name in sorted(set(names) - set(there))}
    return [f"{name} is no variable, did you mean {meant}?" for name, meant in close.items() if meant]
