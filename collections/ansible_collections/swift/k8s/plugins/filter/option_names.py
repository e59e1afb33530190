# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: option_names
short_description: Names of all options in argument specifications of roles
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Collects the names of the options of every entry point.
options:
  _input:
    description: Files C(meta/argument_specs.yml).
    type: list
    elements: path
    required: true
"""

EXAMPLES = r"""
- name: Show the variables of a role
  ansible.builtin.debug:
    msg: "{{ [role_path ~ '/meta/argument_specs.yml'] | swift.k8s.option_names }}"
"""

RETURN = r"""
_value:
  description: The names, sorted.
  type: list
  elements: str
"""

from collections.abc import Iterable
from typing import Any

from ansible_collections.swift.k8s.plugins.plugin_utils import specifications


def option_names(paths: Iterable[str]) -> list[str]:
    """Return the names of all options."""
    return sorted(specifications.read(paths))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Return name -> filter."""
        return {"option_names": option_names}
