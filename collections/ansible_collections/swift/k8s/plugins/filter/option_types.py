# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: option_types
short_description: What the values of all options in argument specifications of roles must be
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Collects the options of every entry point, as M(ansible.builtin.validate_argument_spec) takes them.
  - Defaults are left away. Only values that are given are judged, and templates of files are none here.
options:
  _input:
    description: The documents of several files C(meta/argument_specs.yml).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Judge the variables of a role before it runs
  ansible.builtin.validate_argument_spec:
    argument_spec: "{{ [lookup('ansible.builtin.file', file) | from_yaml] | swift.k8s.option_types }}"
  vars: {file: meta/argument_specs.yml}
"""

RETURN = r"""
_value:
  description: Name to type, elements, choices, required and suboptions.
  type: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any

JUDGED = ("type", "elements", "choices", "required")


def option_types(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the options without defaults and descriptions."""
    entries = [entry for document in documents for entry in (document.get("argument_specs") or {}).values()]
    return {name: _judged(option) for entry in entries for name, option in (entry.get("options") or {}).items()}


def _judged(option: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: option[key] for key in JUDGED if key in option}
    if "options" in option:
        kept["options"] = {name: _judged(part) for name, part in option["options"].items()}
    return kept


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Return name -> filter."""
        return {"option_types": option_types}
