#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: device_wait
short_description: Wait until nodes offer their devices
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Waits until every node offers at least as many devices as expected, and the device plugins' DaemonSets are rolled
    out. A resource of which a node offers none counts like one that it does not list.
  - When the time is over, the message names the nodes, the state, events and last log lines of the plugin's pods there,
    and what usually is behind them.
  - Devices that nobody is seen to offer can be watched until it is known whether they stay.
  - Optionally runs one small pod for each kind of device, which asks for one device and must see its file, and removes
    it.
extends_documentation_fragment:
  - swift.k8s.auth
attributes:
  check_mode:
    description: Looks once at what nodes must offer and reports; does not wait for it, and runs no pod.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
  idempotent:
    description: Never reports a change; the pods that it runs are gone at its end.
    support: full
options:
  expect:
    description: What nodes must offer.
    type: list
    elements: dict
    default: []
    suboptions:
      node:
        description: Name of the node.
        type: str
        required: true
      vendor:
        description: Vendor of the device, for messages.
        type: str
        default: ""
      resource:
        description: Resource. A name that ends with C(/) or C(-) stands for all that begin with it.
        type: str
        required: true
      minimum:
        description: How many at least.
        type: int
        default: 1
      maximum:
        description: How many at most, V(0) to wait until a removed plugin's devices are gone.
        type: int
      before:
        description: How many there were before a change, where it is not known how many there will be; see O(changed).
        type: int
      label:
        description: A label that must get a value, such as the state of NVIDIA's mig-manager.
        type: dict
        suboptions:
          key:
            description: The label.
            type: str
            required: true
          value:
            description: The value to wait for.
            type: str
            required: true
          failed:
            description: The value that ends the wait with an error.
            type: str
            default: ""
  changed:
    description:
      - Whether a change was made just now that nodes tell of with their kubelet's next status. For 20 seconds a number
        that is still the one of O(expect[].before) is not believed then.
    type: bool
    default: false
  settle:
    description:
      - Nodes that offer devices although no plugin was found that advertises them. They are watched until the kubelet
        has reported that the devices are gone, or has not reported it in 20 seconds, and pods of plugins have ended.
      - A pod that no DaemonSet made, such as a static pod, shows at once that the devices stay.
      - Where they stay and no pod is there that could be a plugin, a warning says so.
    type: list
    elements: dict
    default: []
    suboptions:
      node:
        description: Name of the node.
        type: str
        required: true
      resource:
        description: Resource. A name that ends with C(/) or C(-) stands for all that begin with it.
        type: str
        required: true
  daemonsets:
    description: DaemonSets that must be rolled out.
    type: list
    elements: dict
    default: []
    suboptions: &object
      name:
        description: Name.
        type: str
        required: true
      namespace:
        description: Namespace.
        type: str
        required: true
  plugins:
    description: Where pods of the plugins are found, to say why devices are missing.
    type: list
    elements: dict
    default: []
    suboptions:
      namespace:
        description: Namespace.
        type: str
        required: true
      selector:
        description: Label selector.
        type: str
        required: true
  smoke:
    description: Pods to run, one for each kind of device.
    type: list
    elements: dict
    default: []
    suboptions:
      resource:
        description: Resource of which the pod asks for one.
        type: str
        required: true
      image:
        description: Image with a shell.
        type: str
        required: true
      namespace:
        description: Namespace of the pod.
        type: str
        required: true
      command:
        description: Command, whose exit status decides; without one, the pod must see the file of a device.
        type: list
        elements: str
      runtime_class:
        description: RuntimeClass of the pod.
        type: str
      pull_secrets:
        description: Names of pull secrets.
        type: list
        elements: str
  wait_timeout:
    description: Seconds to wait, for the devices and for each pod.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Wait for eight GPUs on a node
  swift.k8s.device_wait:
    expect:
      - {node: gpu-1, resource: nvidia.com/gpu, minimum: 8}
    plugins:
      - {namespace: nvidia-device-plugin, selector: app.kubernetes.io/name=nvidia-device-plugin}
"""

RETURN = r"""
missing:
  description: What nodes still lack (in check mode; otherwise it is empty, or the module fails).
  returned: always
  type: list
  elements: str
waited_seconds:
  description: How long it took.
  returned: always
  type: float
settled:
  description: Nodes of O(settle) that offer the devices no longer.
  returned: always
  type: list
  elements: str
smoke:
  description: What the pods were given.
  returned: always
  type: list
  elements: dict
  contains:
    resource: {description: The resource., type: str}
    node: {description: The node that the pod ran on., type: str}
    output: {description: What the pod printed., type: list, elements: str}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cluster.auth import AUTH_ARGS
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._devices.settle import settle
from ansible_collections.swift.k8s.plugins.module_utils._devices.smoke import smoke
from ansible_collections.swift.k8s.plugins.module_utils._devices.wait import NotReadyError, look, wait

TEXT = {"type": "str", "required": True}
LABEL = {"key": {**TEXT, "no_log": False}, "value": TEXT, "failed": {"type": "str", "default": ""}}
EXPECTATION = {
    "node": TEXT,
    "vendor": {"type": "str", "default": ""},
    "resource": TEXT,
    "minimum": {"type": "int", "default": 1},
    "maximum": {"type": "int"},
    "before": {"type": "int"},
    "label": {"type": "dict", "options": LABEL},
}
SMOKE = {
    "resource": TEXT,
    "image": TEXT,
    "namespace": TEXT,
    "command": {"type": "list", "elements": "str"},
    "runtime_class": {"type": "str"},
    "pull_secrets": {"type": "list", "elements": "str", "no_log": False},
}

#: Kubernetes 1.36, pkg/kubelet/cm/devicemanager/plugin/v1beta1: a plugin that registers while the end of the one before
#: is noticed is taken for it, and its own end is never noticed.
UNEXPLAINED = (
    "No pod of a device plugin runs on {0}, whose devices are used as they are. Where no plugin runs outside "
    "Kubernetes either, the kubelet has not noticed that one is gone, and no pod gets the devices: restart the kubelet."
)


def entries(options: dict[str, object]) -> dict[str, object]:
    """Return the argument of a list of mappings."""
    return {"type": "list", "elements": "dict", "default": [], "options": options}


ARGUMENTS = {
    "expect": entries(EXPECTATION),
    "changed": {"type": "bool", "default": False},
    "settle": entries({"node": TEXT, "resource": TEXT}),
    "daemonsets": entries({"name": TEXT, "namespace": TEXT}),
    "plugins": entries({"namespace": TEXT, "selector": TEXT}),
    "smoke": entries(SMOKE),
    "wait_timeout": {"type": "int", "default": 300},
}


SPEC: dict[str, Any] = {**AUTH_ARGS, **ARGUMENTS}


def run_module(module: AnsibleModule) -> None:
    """Wait, ask for a device of each kind, and end the module."""
    params, waited, pods = module.params, 0.0, []
    try:
        cluster = connect(params)
        settled = settle(cluster, params["settle"], params["wait_timeout"])
        missing = [str(item) for item in look(cluster, params)[0]] if module.check_mode else []
        if not module.check_mode:
            waited = wait(cluster, params)
            pods = [smoke(cluster, test, params["wait_timeout"], params["plugins"]) for test in params["smoke"]]
    except (ClusterError, NotReadyError) as error:
        module.fail_json(msg=str(error))
    if settled.unexplained:
        module.warn(UNEXPLAINED.format(", ".join(settled.unexplained)))
    module.exit_json(changed=False, missing=missing, settled=settled.gone, waited_seconds=round(waited, 1), smoke=pods)


def main() -> None:
    run_module(AnsibleModule(argument_spec=SPEC, supports_check_mode=True))


if __name__ == "__main__":
    main()
