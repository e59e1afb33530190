#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: node_labels
short_description: Labels, annotations and taints of any number of nodes in one execution
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Gives nodes exactly the labels, annotations and taints that are listed under its O(field_manager), and takes away
    what the same field manager gave earlier and is no longer listed, on nodes that are no longer listed as well.
  - What others set is never removed. A value that somebody else set differently is refused with the owner's name,
    unless O(force=true).
  - One list call for the nodes' metadata; nodes whose taints matter are looked at as a whole. One write for each node
    that differs (two where taints differ as well), none otherwise. A node that goes away during the run is left
    out with a warning.
extends_documentation_fragment:
  - swift.k8s.auth
attributes:
  check_mode:
    description: The same plan, not carried out.
    support: full
  diff_mode:
    description: Per node the marks that differ.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  nodes:
    description: Name of a node to what it shall carry, a dictionary with C(labels), C(annotations) and C(taints).
    type: dict
    default: {}
  field_manager:
    description: Name under which marks are owned. Callers with a list of their own need a name of their own.
    type: str
    default: swift-k8s-nodes
  force:
    description: Whether to take over values that somebody else set.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Mark two nodes, and no others
  swift.k8s.node_labels:
    nodes:
      gpu-1: {labels: {nvidia.com/gpu.present: "true"}}
      npu-1:
        labels: {accelerator: huawei-Ascend910}
        taints: [{key: huawei.com/Ascend910, effect: NoSchedule}]

- name: Give everything back
  swift.k8s.node_labels:
    nodes: {}
"""

RETURN = r"""
nodes:
  description: Names of the nodes that were changed, or would be in check mode.
  returned: always
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError, Invalid
from ansible_collections.swift.k8s.plugins.module_utils._nodes.act import act
from ansible_collections.swift.k8s.plugins.module_utils._nodes.look import look
from ansible_collections.swift.k8s.plugins.module_utils._nodes.plan import ForeignMarkError, NodeChange, plan
from ansible_collections.swift.k8s.plugins.module_utils._nodes.wish import wishes


def difference(changes: list[NodeChange]) -> list[dict[str, str]]:
    """Ansible's diff, one entry a node."""

    def lines(marks: Mapping[str, str]) -> str:
        return "".join(f"{key}{'=' + value if value else ''}\n" for key, value in sorted(marks.items()))

    return [
        {
            "before_header": f"node {change.node}",
            "after_header": f"node {change.node}",
            "before": lines(change.before),
            "after": lines(change.after),
        }
        for change in changes
    ]


SPEC: dict[str, Any] = {
    **AUTH_ARGS,
    "nodes": {"type": "dict", "default": {}},
    "field_manager": {"type": "str", "default": "swift-k8s-nodes"},
    "force": {"type": "bool", "default": False},
}


def run_module(module: AnsibleModule) -> None:
    """Mark the nodes, and end the module."""
    manager, force = module.params["field_manager"], module.params["force"]
    try:
        wanted = wishes(module.params["nodes"])
        cluster = connect(module.params)
        nodes = look(cluster, wanted, manager)
        absent = sorted(set(wanted) - {node["metadata"]["name"] for node in nodes})
        if absent:
            raise Invalid(f"the cluster has no node {absent[0]!r}: `kubectl get nodes` lists those it has.")
        changes = plan(nodes, wanted, manager, force)
        for name in act(cluster, changes, manager, force) if not module.check_mode else ():
            module.warn(f"node {name} went away during the run and was not marked")
    except (ClusterError, ForeignMarkError) as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=bool(changes), nodes=[change.node for change in changes], diff=difference(changes))


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
