# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: misspelt
short_description: Names that nobody knows, with the known names that were meant
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Looks for the nearest known name of each that is not known. Names that are near to none are left out.
options:
  _input:
    description: The names that are used.
    type: list
    elements: str
    required: true
  known:
    description: The names that exist.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what was meant
  ansible.builtin.debug:
    msg: "{{ ['model_cache_rate_limt'] | swift.k8s.misspelt(['model_cache_rate_limit']) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each name.
  type: list
  elements: str
"""

from collections.abc import Iterable
from typing import Any

from ansible_collections.swift.k8s.plugins.module_utils._constraints.nearest import nearest


def misspelt(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return a sentence for each unknown name that is near to a known one."""
    there = set(known)
    meant = {name: nearest(name, there) for name in sorted(set(names) - there)}
    return [f"{name} is no variable, did you mean {close}?" for name, close in meant.items() if close]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Return name -> filter."""
        return {"misspelt": misspelt}
