#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Judge a cluster by rules before anything is touched
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Compares what a cluster has with what the inventory wishes, by rules that are data, and reports every finding with
    what to do about it.
  - Reads only, unless O(probe=true), which runs pods and removes them again. What the facts do not tell is asked for -
    permissions by SelfSubjectAccessReview, quotas, existing claims, the clocks of the nodes, and the images' manifests
    in their registries.
extends_documentation_fragment:
  - swift.k8s.auth
attributes:
  check_mode:
    description: The same as the real run, without the pods of O(probe=true).
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
  idempotent:
    description: Never reports a change.
    support: full
options:
  cluster:
    description:
      - Facts of the cluster, as returned by M(swift.k8s.cluster_info), packed or not. Without them the module looks
        itself.
    type: raw
  packed:
    description: Return the facts as one text, as M(swift.k8s.cluster_info) does.
    type: bool
    default: false
  name:
    description: Name of the cluster in reports.
    type: str
    default: cluster
  wishes:
    description:
      - What the inventory asks for. The role fills it from its variables.
    type: dict
    default: {}
    suboptions:
      namespace:
        description: Namespace of releases and claims that name none.
        type: str
        default: ms-swift
      offline:
        description: Whether addresses outside the site are errors.
        type: bool
        default: false
      registry:
        description: Registry that replaces those of all images.
        type: str
        default: ""
      cluster_uid:
        description: Uid of the namespace C(kube-system) of the only cluster that is meant.
        type: str
        default: ""
      device_plugin:
        description: Options of the device plugins, by vendor.
        type: dict
        default: {}
      claims:
        description: Wished claims.
        type: list
        elements: dict
        default: []
      storage_classes:
        description: Wished StorageClasses.
        type: list
        elements: dict
        default: []
      releases:
        description: Wished releases.
        type: list
        elements: dict
        default: []
      chart:
        description: Chart of releases that name none. A path of this machine must be there.
        type: str
        default: ""
      release_defaults:
        description: Values under those of every release.
        type: dict
        default: {}
      images:
        description: Further images that must be there.
        type: list
        elements: str
        default: []
      smoke_image:
        description: Image of the pods that try a device; empty where none is to run.
        type: str
        default: ""
      seed_image:
        description: Image that fetches the models. Empty means the published one, from O(wishes.registry).
        type: str
        default: ""
      models:
        description: Wished models. Behind an air gap each needs an endpoint or a source.
        type: list
        elements: dict
        default: []
      models_claim:
        description: Name of the claim that holds the models.
        type: str
        default: ''
      models_namespace:
        description: Namespace of O(wishes.models_claim). Empty means O(wishes.namespace).
        type: str
        default: ''
      rates:
        description: Rates that limit the seeding, by the name of their variable.
        type: dict
        default: {}
      rate_schedule:
        description: Times with another rate, as M(swift.k8s.model_seed) takes them.
        type: raw
      serves_site:
        description: Whether the cluster keeps serving its models to the others of its site.
        type: bool
        default: false
      node_caches:
        description: Whether nodes keep models in directories of their own, and one serves them to the others.
        type: bool
        default: false
      site_hub:
        description: Address of a cluster of the site that is asked for the models before their hubs.
        type: str
        default: ''
      variables:
        description: Names of the variables that the inventory sets.
        type: list
        elements: str
        default: []
      known_variables:
        description: Names of the variables that exist. Nothing is checked while it is empty.
        type: list
        elements: str
        default: []
      pod_namespaces:
        description: Namespaces in which the run starts pods of its own, to try devices or claims.
        type: list
        elements: str
        default: []
  rules:
    description:
      - Rules. Each has C(id), C(level) (V(error), V(warning) or V(info)), C(for_each) (what it looks at), C(when),
        C(expect), C(message), C(next_step) and C(source).
      - For each subject where C(when) holds, C(expect) must hold as well, or there is a finding.
      - One of O(rules) and O(rule_files) is required.
    type: list
    elements: dict
    default: []
  rule_files:
    description: YAML files with rules, on the machine where the module runs.
    type: list
    elements: path
    default: []
  extra_rules:
    description: The user's own rules.
    type: list
    elements: dict
    default: []
  silence:
    description: Rules not to report.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: The rule.
        type: str
        required: true
      reason:
        description: Why, for the one who reads it next year.
        type: str
        required: true
  check_images:
    description: Ask the registries for the images.
    type: bool
    default: true
  registries:
    description: Registry name to URL, for registries that this machine reaches under another address than the nodes.
    type: dict
    default: {}
  check_models:
    description:
      - Ask the hubs for the models of O(wishes.models) that the record beside their claim does not name. Not asked for
        are those that need a token, lie in a directory, come from O(wishes.site_hub), or live in directories of nodes.
      - A hub that this machine does not reach is no finding.
    type: bool
    default: true
  hubs:
    description: Endpoint of a model to URL, for hubs that this machine reaches under another address than the pods.
    type: dict
    default: {}
  registry_auth:
    description: File in the form of docker's C(config.json) with credentials of registries.
    type: path
  registry_ca:
    description: File with certificates of the authorities that signed the registries'.
    type: path
  probe:
    description:
      - Run one pod for each namespace and resource of the wished releases, with as many devices as the largest of them
        asks for, and remove it. It tells whether the runtime injects the devices, the size of C(/dev/shm), how fast the
        claim is written and read (64 MiB, removed again), and which names and addresses it reaches.
    type: bool
    default: false
  probe_options:
    description: How the pods run.
    type: dict
    default: {}
    suboptions:
      image:
        description: Image with C(python3). Empty means that of the release.
        type: str
        default: ""
      addresses:
        description: Addresses (host:port or URL) to reach besides the hubs of the wished models and O(wishes.registry).
        type: list
        elements: str
        default: []
      pull_secrets:
        description: Names of the pull secrets in the namespace.
        type: list
        elements: str
        default: []
      wait_timeout:
        description: Seconds for each pod.
        type: int
        default: 120
  junit:
    description: File to write a JUnit report to.
    type: path
  json:
    description: File to write all findings to as JSON.
    type: path
  roles:
    description: File to write RV(missing_roles) to where rights are missing.
    type: path
  fail_on:
    description:
      - Lowest level that makes the module fail. V(never) leaves it to the playbook.
    type: str
    choices: [error, warning, never]
    default: error
"""

EXAMPLES = r"""
- name: Compare the cluster with what will be deployed
  swift.k8s.preflight:
    rules: "{{ lookup('ansible.builtin.file', 'rules.yml') | from_yaml }}"
    wishes:
      releases:
        - name: qwen
          values: {accelerator: {vendor: nvidia, count: 2}}
    silence:
      - {id: clock-skew, reason: the lab has no time service}
"""

RETURN = r"""
cluster:
  description: Facts of the cluster, in the form of M(swift.k8s.cluster_info); a text where O(packed=true).
  returned: when they were not given
  type: dict
findings:
  description: Every finding, errors first.
  returned: always
  type: list
  elements: dict
  contains:
    id: {description: The rule., type: str}
    level: {description: Its level., type: str}
    scope: {description: What the rule looks at., type: str}
    subject: {description: The one that was looked at., type: str}
    message: {description: What is wrong., type: str}
    next_step: {description: What to do., type: str}
    source: {description: Where the rule comes from., type: str}
    silenced: {description: "Why it is not reported, where somebody silenced it.", type: str}
missing_roles:
  description: >-
    The Roles and the ClusterRole, with their bindings, that would give these credentials all rights that they lack, as
    YAML that C(kubectl apply -f -) takes. Empty where nothing is missing.
  returned: always
  type: str
table:
  description: The findings as a table for people.
  returned: always
  type: str
summary:
  description: The counts in words.
  returned: always
  type: str
  sample: 2 errors, 1 warning
headline:
  description: The first errors with their next steps in one line; those of the warnings when there are no errors.
  returned: always
  type: str
error_count:
  description: Number of errors that nobody silenced.
  returned: always
  type: int
warning_count:
  description: Number of warnings that nobody silenced.
  returned: always
  type: int
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError, Forbidden
from ansible_collections.swift.k8s.plugins.module_utils._constraints import options, task
from ansible_collections.swift.k8s.plugins.module_utils._constraints.errors import RuleError
from ansible_collections.swift.k8s.plugins.module_utils._constraints.kubeconfig import credential
from ansible_collections.swift.k8s.plugins.module_utils._facts.gather import gather
from ansible_collections.swift.k8s.plugins.module_utils._facts.packed import FactsError, pack, unpack

SPEC: dict[str, Any] = {**AUTH_ARGS, **options.ARGUMENTS}


def run_module(module: AnsibleModule) -> None:
    """Judge the cluster, and end the module."""
    given = module.params["cluster"]
    try:
        cluster = connect(module.params)
        try:
            seen = unpack(given) if given else gather(cluster)
        except Forbidden as problem:
            missing = task.roles(cluster, module.params)
            text = f"{str(problem).partition(' Have this')[0]} The run needs these roles:\n{missing}"
            module.fail_json(msg=text, missing_roles=missing)
        result = task.run(cluster, seen, credential(module.params), module.params, module.check_mode)
    except (ClusterError, RuleError, FactsError, OSError) as error:
        module.fail_json(msg=str(error))
    if not given:
        result["cluster"] = pack(seen) if module.params["packed"] else seen
    level = module.params["fail_on"]
    if level != "never" and (result["error_count"] or (level == "warning" and result["warning_count"])):
        module.fail_json(msg=result["headline"], **result)
    module.exit_json(changed=False, **result)


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
