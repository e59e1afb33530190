#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Nodes, accelerators, plugin owners, classes and releases of a cluster
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Reads a cluster with one paged list call a kind and returns plain facts. Writes nothing.
  - Devices come from what nodes offer and from the labels of GPU feature discovery, MindCluster, HAMi and some clouds.
    Where nobody labels, C(warnings) says what is not known and how to learn it.
  - What the credentials may not list is left empty, and C(warnings) names the permission that is missing. Nodes are
    needed for all of it, so not being allowed to list them is an error.
notes:
  - All parts together list nodes, pods, namespaces, Helm's secrets (metadata only), daemonsets, storageclasses,
    runtimeclasses, and where they are served ClusterPolicies, NPUClusterPolicies and resourceslices; and get the
    namespace C(kube-system).
extends_documentation_fragment:
  - swift.k8s.auth
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
  idempotent:
    description: Reads only.
    support: full
options:
  gather:
    description:
      - Parts of the facts to gather; the others are left out of the result. Fewer parts need fewer permissions.
    type: list
    elements: str
    choices: [nodes, owners, storage_classes, runtime_classes, apis, pod_security, releases]
    default: [nodes, owners, storage_classes, runtime_classes, apis, pod_security, releases]
  packed:
    description:
      - Return the facts as one text, which later tasks carry about without cost. The filter
        P(swift.k8s.unpack_facts#filter) makes data of it again. Worth it from some hundred nodes on.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Look at the cluster
  swift.k8s.cluster_info:
    kubeconfig: /etc/ansible/kubeconfig
  register: found

- name: Show nodes with free devices
  ansible.builtin.debug:
    msg: "{{ found.cluster.nodes | selectattr('accelerators') | map(attribute='name') }}"
"""

RETURN = r"""
cluster:
  description: The facts; a text where O(packed=true).
  returned: always
  type: dict
  contains:
    nodes:
      description:
        - C(name), C(ready), C(schedulable), C(address), C(arch), C(runtime), C(kernel), C(labels), C(taints) and
          C(accelerators).
        - Labels of node feature discovery about instruction sets and kernel options are left out.
        - >-
          An accelerator has C(vendor), C(product), C(memory_mib) (of one of them: of a slice, or what a client of MPS
          gets), C(count), C(capacity) (C(count) and what the kubelet holds for unhealthy), C(free), C(ending) (held by
          pods that are being deleted), C(resource), C(driver), C(compute), C(chip) and C(sharing) (V(none),
          V(time-slicing), V(mps), V(shared), V(mig), V(hami), V(vnpu));
          what nobody says is null. A resource that is offered with 0 counts as absent.
      type: list
      elements: dict
    owners:
      description:
        - Device plugins and what else brings devices, with C(kind) (V(nvdp), V(gpu-operator), V(hami),
          V(mindcluster), V(openfuyao), V(cce), V(dra), V(unknown)), C(resource), C(namespace), C(name), C(nodes),
          C(desired), C(ready), C(image), C(runtime_class), C(release) (namespace and name of its Helm release) and
          C(managed).
        - C(managed) says that this collection put it there.
      type: list
      elements: dict
    storage_classes:
      description: Name, provisioner, default, binding mode, reclaim policy, expandable.
      type: list
      elements: dict
    runtime_classes: {description: Name and handler., type: list, elements: dict}
    apis: {description: Group versions that are served., type: list, elements: str}
    pod_security: {description: Namespace to the level that it enforces., type: dict}
    releases:
      description: "Helm releases: name, namespace, revision, status, managed, holds (devices of its pods by node)."
      type: list
      elements: dict
    warnings: {description: "What could not be known, and how to learn it.", type: list, elements: str}
    server_version: {description: Version of the API server., type: str, sample: v1.36.3}
    uid: {description: "Identity of the cluster: the uid of the namespace kube-system.", type: str}
    host: {description: Address of the API server., type: str}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._facts.facts import PARTS
from ansible_collections.swift.k8s.plugins.module_utils._facts.gather import gather
from ansible_collections.swift.k8s.plugins.module_utils._facts.packed import pack

SPEC: dict[str, Any] = {
    **AUTH_ARGS,
    "gather": {"type": "list", "elements": "str", "choices": list(PARTS), "default": list(PARTS)},
    "packed": {"type": "bool", "default": False},
}


def run_module(module: AnsibleModule) -> None:
    """Look, and end the module."""
    try:
        found = gather(connect(module.params), module.params["gather"])
    except ClusterError as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=False, cluster=pack(found) if module.params["packed"] else found)


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
