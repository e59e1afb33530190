# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: nodes
short_description: Nodes of a cluster as inventory hosts, grouped by their accelerators
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Reads the nodes of one cluster with two list calls and groups them by vendor, product, driver, sharing and health.
  - Every node becomes a host with the variable C(swift_k8s_node), the facts of M(swift.k8s.cluster_info) about it, and
    C(ansible_host), its internal address.
  - This is for looking, and for playbooks that go to the nodes themselves. The roles of this collection need no hosts
    but the clusters.
  - The file must be named C(nodes.swift.yml), or end so. A key that is no option is an error.
options:
  plugin:
    description: Marks the file as this plugin's.
    type: str
    required: true
    choices: [swift.k8s.nodes]
  group_by:
    description: What nodes are grouped by. Groups are named as C(product_nvidia_a100_sxm4_80gb) or C(health_cordoned).
    type: list
    elements: str
    choices: [vendor, product, driver, sharing, health, arch]
    default: [vendor, product, driver, sharing, health]
extends_documentation_fragment:
  - swift.k8s.auth
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
"""

EXAMPLES = r"""
# nodes.swift.yml
plugin: swift.k8s.nodes
kubeconfig: ~/.kube/prod
group_by: [vendor, product, health]
keyed_groups:
  - key: swift_k8s_node.labels['topology.kubernetes.io/zone']
    prefix: zone
groups:
  busy: swift_k8s_node.accelerators | selectattr('free', 'eq', 0) | list | length > 0
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS, with_environment
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._constraints.nearest import unknown
from ansible_collections.swift.k8s.plugins.module_utils._facts.gather import gather
from ansible_collections.swift.k8s.plugins.module_utils._facts.groups import groups

ENDINGS = ("nodes.swift.yml", "nodes.swift.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """Nodes as hosts."""

    NAME = "swift.k8s.nodes"

    def verify_file(self, path: str) -> bool:
        """Say whether a file is meant for this plugin, by its name."""
        return bool(super().verify_file(path)) and path.endswith(ENDINGS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory."""
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        check_names(path, config, constants.config.get_configuration_definitions("inventory", self._load_name))
        for node in self._nodes(path, cache):
            self._add(node)

    def _nodes(self, path: str, cache: bool) -> list[dict[str, Any]]:
        """The nodes' facts, from the cache where it is wanted and has them."""
        self.load_cache_plugin()
        key, wanted = self.get_cache_key(path), self.get_option("cache")
        if wanted and cache and key in self._cache:
            cached: list[dict[str, Any]] = self._cache[key]
            return cached
        try:
            nodes: list[dict[str, Any]] = gather(self._connect(), ["nodes"])["nodes"]
        except ClusterError as problem:
            raise AnsibleParserError(f"{path}: {problem}") from None
        if wanted:
            self._cache[key] = nodes
        return nodes

    def _connect(self) -> Any:
        return connect(with_environment({name: self.get_option(name) for name in AUTH_ARGS}))

    def _add(self, node: Mapping[str, Any]) -> None:
        host = node["name"]
        self.inventory.add_host(host)
        self.inventory.set_variable(host, "swift_k8s_node", node)
        if node["address"]:
            self.inventory.set_variable(host, "ansible_host", node["address"])
        for group in groups(node, self.get_option("group_by")):
            self.inventory.add_child(self.inventory.add_group(group), host)
        strict, variables = self.get_option("strict"), {"swift_k8s_node": node}
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)


def check_names(path: str, config: Iterable[str], known: Mapping[str, Any]) -> None:
    """Refuse keys that are no options: a misspelt one would silently have no effect."""
    names = {name for option, row in known.items() for name in (option, *row.get("aliases", ()))}
    for key in config:
        if key not in names:
            raise AnsibleParserError(f"{path}: {unknown('option', str(key), names)}")
