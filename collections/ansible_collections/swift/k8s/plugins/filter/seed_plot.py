# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: seed_plot
short_description: A seeding as a plot
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Draws the rate against its limit over time, and a bar for each file, as SVG text.
positional: _input
options:
  _input:
    description: The value C(history) that M(swift.k8s.model_seed) returns.
    type: dict
    required: true
  title:
    description: Words above the plot.
    type: str
    default: Seeding
"""

EXAMPLES = r"""
- name: Keep the plot
  ansible.builtin.copy:
    content: "{{ seeded.history | swift.k8s.seed_plot(title='models of ' ~ inventory_hostname) }}"
    dest: report/seeding.svg
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The plot.
  type: str
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def seed_plot(history: Mapping[str, Any], title: str = "Seeding") -> str:
    """The plot of one seeding."""
    # Here, as Ansible loads every filter of a collection in each task that names one of them.
    from ansible_collections.swift.k8s.plugins.module_utils._seed.plot import draw  # noqa: PLC0415

    if not isinstance(history, Mapping) or not {"samples", "files"} <= set(history):
        raise AnsibleFilterError("seed_plot takes the value history that model_seed returns when a Job has ended.")
    return draw(title, history)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> function."""
        return {"seed_plot": seed_plot}
