# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_plot
short_description: Memory plans as a plot
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Draws the memory of each model by part, as SVG text.
positional: _input
options:
  _input:
    description: The value C(plans) that M(swift.k8s.model_plan) returns.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Keep the plot
  ansible.builtin.copy:
    content: "{{ memory.plans | swift.k8s.plan_plot }}"
    dest: report/memory.svg
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The plot.
  type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def plan_plot(plans: Sequence[Mapping[str, Any]]) -> str:
    """The plot of several plans."""
    # Here, as Ansible loads every filter of a collection in each task that names one of them.
    from ansible_collections.swift.k8s.plugins.module_utils._plan.plot import draw  # noqa: PLC0415

    if not all(isinstance(plan, Mapping) and "parts" in plan for plan in plans):
        raise AnsibleFilterError("plan_plot takes the value plans that model_plan returns.")
    return draw(plans)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> function."""
        return {"plan_plot": plan_plot}
