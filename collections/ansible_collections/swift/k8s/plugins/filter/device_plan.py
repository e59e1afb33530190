# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: device_plan
short_description: Plan the device plugins of a cluster
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Compares what a cluster has with what the inventory wants of device plugins. Looks at nothing and changes nothing.
options:
  _input:
    description: Facts of the cluster, as returned by M(swift.k8s.cluster_info), packed or not.
    type: raw
    required: true
  wishes:
    description: Vendor to the options of its plugin.
    type: dict
    required: true
  registry:
    description: Registry that replaces those of the plugins' images.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show what would be done for GPUs
  ansible.builtin.debug:
    msg: "{{ found.cluster | swift.k8s.device_plan({'nvidia': {'owner': 'auto'}}) }}"
"""

RETURN = r"""
_value:
  description: >-
    C(vendors) with C(action) (V(install), V(adopt) or V(none)), C(owner) and C(nodes) of each; C(labels) by node; what
    nodes must C(expect); and C(problems), each with C(subject), C(message) and C(next_step), all joined in C(refusal).
  type: dict
"""

from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.swift.k8s.plugins.module_utils._facts.packed import FactsError, unpack


def device_plan(cluster: Any, wishes: Any, registry: str = "") -> dict[str, Any]:
    """Return the plan."""
    # Here, as Ansible loads every filter of a collection in each task that names one of them.
    from ansible_collections.swift.k8s.plugins.module_utils._devices.plan import plan  # noqa: PLC0415
    from ansible_collections.swift.k8s.plugins.module_utils._devices.problem import DevicePlanError  # noqa: PLC0415

    try:
        return plan(unpack(cluster), wishes, registry)
    except (DevicePlanError, FactsError) as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        """Return name -> filter."""
        return {"device_plan": device_plan}
