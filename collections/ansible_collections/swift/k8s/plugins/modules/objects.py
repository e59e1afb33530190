#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: objects
short_description: Apply or delete a list of Kubernetes objects in one execution
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Compares every object with the live one and writes only what differs, by server-side apply.
  - An object is unchanged when the cluster has every declared field, whatever else is in it, and none of the fields
    that an earlier run of ours declared and this one does not. Quantities are compared by value, so C(1000m) is C(1).
  - Objects of one kind and namespace are read with one list call. A run without changes makes no write request.
extends_documentation_fragment:
  - swift.k8s.auth
attributes:
  check_mode:
    description: The same plan, not carried out.
    support: full
  diff_mode:
    description: Per object the fields that differ; values of Secrets are hidden.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  definitions:
    description: The objects, each with C(apiVersion), C(kind) and C(metadata.name).
    type: list
    elements: dict
    required: true
  state:
    description: Whether the objects shall be there.
    type: str
    choices: [present, absent]
    default: present
  field_manager:
    description: Name under which fields are owned.
    type: str
    default: swift-k8s
  force:
    description: Whether to take over fields that another manager owns. Without it such a conflict is an error.
    type: bool
    default: false
  keep_foreign:
    description:
      - Whether to leave alone objects that exist without the labels that their definitions declare, such as
        C(app.kubernetes.io/managed-by). They are neither changed nor deleted.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Have a namespace and a RuntimeClass
  swift.k8s.objects:
    definitions:
      - apiVersion: v1
        kind: Namespace
        metadata: {name: ms-swift}
      - apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: nvidia}
        handler: nvidia
"""

RETURN = r"""
objects:
  description: The objects that were changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    object: {description: "Kind, namespace and name.", type: str, sample: ConfigMap ms-swift/config}
    change: {description: "One of created, changed, deleted.", type: str}
    fields: {description: Paths of the fields that differ., type: list, elements: str}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._objects.ensure import ensure

SPEC: dict[str, Any] = {
    **AUTH_ARGS,
    "definitions": {"type": "list", "elements": "dict", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "field_manager": {"type": "str", "default": "swift-k8s"},
    "force": {"type": "bool", "default": False},
    "keep_foreign": {"type": "bool", "default": False},
}


def run_module(module: AnsibleModule) -> None:
    """Bring the objects to their state, and end the module."""
    params = module.params
    try:
        result = ensure(
            connect(params),
            params["definitions"],
            params["state"],
            module.check_mode,
            params["field_manager"],
            params["force"],
            params["keep_foreign"],
        )
    except ClusterError as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=result.changed, objects=result.report(), diff=result.difference("objects"))


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
