#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: storage_probe
short_description: Write to claims and read back, and say how fast that went
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Starts a pod for each claim, one after the other, that writes a file, brings it to the storage, reads it back,
    compares it and removes it. The pod is removed too.
  - Before it reads, the pod asks its node to forget the file. Network file systems may still answer from a cache, so a
    read figure is an upper bound.
extends_documentation_fragment:
  - swift.k8s.auth
attributes:
  check_mode:
    description: Nothing is started; the result is empty.
    support: partial
    details: A speed cannot be predicted.
  diff_mode:
    description: There is nothing to compare.
    support: none
  idempotent:
    description: Leaves nothing behind.
    support: full
options:
  claims:
    description: Names of the claims.
    type: list
    elements: str
    required: true
  namespace:
    description: Namespace of the claims.
    type: str
    default: ms-swift
  image:
    description: Image with C(python3), for example that of ms-swift.
    type: str
    required: true
  image_pull_secrets:
    description: Secrets to pull the image with.
    type: list
    elements: str
    default: []
  mebibytes:
    description: Size of the file in MiB.
    type: int
    default: 256
  timeout:
    description: Seconds that one claim may take, with the pull of the image.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Measure the claim for models
  swift.k8s.storage_probe:
    claims: [models]
    image: python:3.12-slim
"""

RETURN = r"""
claims:
  description: The claims, in the order of the option.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the claim.
      type: str
    namespace:
      description: Namespace of the claim.
      type: str
    write_mib_per_second:
      description: MiB written in a second, with the time that the storage takes to keep them.
      type: float
    read_mib_per_second:
      description: MiB read back in a second.
      type: float
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._storage.errors import StorageError
from ansible_collections.swift.k8s.plugins.module_utils._storage.probe import probe

SPEC = {
    **AUTH_ARGS,
    "claims": {"type": "list", "elements": "str", "required": True},
    "namespace": {"type": "str", "default": "ms-swift"},
    "image": {"type": "str", "required": True},
    "image_pull_secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "mebibytes": {"type": "int", "default": 256},
    "timeout": {"type": "int", "default": 300},
}


def run_module(module: AnsibleModule) -> None:
    """Write to the claims and read, and end the module."""
    if module.params["mebibytes"] < 1:
        module.fail_json(msg=f"mebibytes is {module.params['mebibytes']}: set it to 1 or more.")
    try:
        found = [] if module.check_mode else probe(connect(module.params), module.params)
    except (StorageError, ClusterError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, claims=found)


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
