# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: unpack_facts
short_description: Plain facts of a cluster from their packed form
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - The role C(preflight) leaves the facts of the cluster as one text in C(preflight_cluster), since Ansible needs
    seconds to hand the facts of 1,000 nodes from task to task. This filter makes data of it again.
options:
  _input:
    description: Packed facts; plain ones are returned as they are.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show the names of the nodes after the preflight
  ansible.builtin.debug:
    msg: "{{ (preflight_cluster | swift.k8s.unpack_facts).nodes | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The facts, in the form of M(swift.k8s.cluster_info).
  type: dict
"""

from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.swift.k8s.plugins.module_utils._facts.packed import FactsError, unpack


def unpack_facts(given: Any) -> dict[str, Any]:
    """Return plain facts."""
    try:
        return unpack(given)
    except FactsError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Return name -> filter."""
        return {"unpack_facts": unpack_facts}
