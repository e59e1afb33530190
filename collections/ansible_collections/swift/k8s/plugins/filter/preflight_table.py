# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: preflight_table
short_description: One table of the findings of several clusters
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Renders findings of M(swift.k8s.preflight) as a table of 100 columns. Findings that say the same about several
    nodes make one row.
options:
  _input:
    description: Cluster to its list of findings; null for a cluster that could not be looked at.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the findings of two clusters
  ansible.builtin.debug:
    msg: "{{ {'east': east.findings, 'west': west.findings} | swift.k8s.preflight_table }}"
"""

RETURN = r"""
_value:
  description: The table.
  type: str
"""

from collections.abc import Mapping
from typing import Any


def preflight_table(clusters: Mapping[str, Any]) -> str:
    """Return the table; clusters without a result are named after it."""
    # Here, as Ansible loads every filter of a collection in each task that names one of them.
    from ansible_collections.swift.k8s.plugins.module_utils._constraints.report import table  # noqa: PLC0415

    silent = sorted(name for name, findings in clusters.items() if findings is None)
    text = table({name: findings for name, findings in clusters.items() if findings is not None})
    return "\n\n".join(
        filter(None, [text, *(f"{name}: could not be looked at; see its error above" for name in silent)])
    )


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Return name -> filter."""
        return {"preflight_table": preflight_table}
