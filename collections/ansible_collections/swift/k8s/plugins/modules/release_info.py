#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: release_info
short_description: Helm releases of a cluster, with drift
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Reads Helm's records and, on request, compares the live objects with what each release declares. Starts no helm
    process.
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
options:
  names:
    description: Only these releases.
    type: list
    elements: str
    default: []
  namespace:
    description: Only this namespace.
    type: str
  drift:
    description:
      - Compare with the live objects.
      - Each object that differs costs one patch as a dry run, which tells what an admission webhook decides from what
        somebody edited. Without the right to patch, both count as drift.
    type: bool
    default: false
  history:
    description: List all stored revisions.
    type: bool
    default: false
  cluster_uid:
    description: Uid of the namespace kube-system of the cluster that is meant. Another cluster is refused.
    type: str
extends_documentation_fragment:
  - swift.k8s.auth
seealso:
  - module: swift.k8s.release
"""

EXAMPLES = r"""
- name: All releases of a cluster and what was edited since
  swift.k8s.release_info:
    drift: true
  register: installed
"""

RETURN = r"""
releases:
  description: The releases by namespace and name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the release.
      type: str
    namespace:
      description: Its namespace.
      type: str
    revision:
      description: The newest revision.
      type: int
    status:
      description: Helm's status of it; V(damaged) where the record cannot be read.
      type: str
    chart:
      description: Name of the chart.
      type: str
    chart_version:
      description: Version of the chart.
      type: str
    app_version:
      description: Version of the application as the chart says.
      type: str
    description:
      description: Helm's description of the revision.
      type: str
    updated:
      description: When it was made.
      type: str
    ready:
      description: Whether M(swift.k8s.release) saw it become ready.
      type: bool
    managed:
      description: Whether M(swift.k8s.release) made it.
      type: bool
    images:
      description: Images of its pods.
      type: list
      elements: str
    objects:
      description: Its objects.
      type: list
      elements: str
    drift:
      description: Differences as M(swift.k8s.release) returns them; with O(drift=true).
      type: list
      elements: dict
    notes:
      description: Fields that the cluster itself decides against the chart; with O(drift=true).
      type: list
      elements: str
    history:
      description: All stored revisions, newest first; with O(history=true).
      type: list
      elements: dict
server_version:
  description: Version of the API server.
  returned: always
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._release import info, task
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import ReleaseError

SPEC: dict[str, Any] = {
    **AUTH_ARGS,
    "names": {"type": "list", "elements": "str", "default": []},
    "namespace": {"type": "str"},
    "drift": {"type": "bool", "default": False},
    "history": {"type": "bool", "default": False},
    "cluster_uid": {"type": "str"},
}


def run_module(module: AnsibleModule) -> None:
    """Read the releases, and end the module."""
    options = module.params
    try:
        cluster = connect(options)
        task.pin(cluster, options["cluster_uid"])
        found = info.releases(cluster, options["namespace"], options["names"], options["drift"], options["history"])
        version = cluster.server_version()
    except (ClusterError, ReleaseError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, releases=found, server_version=version)


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
