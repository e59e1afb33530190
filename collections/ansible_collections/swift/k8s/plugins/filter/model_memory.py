# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: model_memory
short_description: Memory that a model takes
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Plans one model as M(swift.k8s.model_plan) does, from its name or its C(config.json). Asks no hub.
positional: _input
options:
  _input:
    description: A model id, a name of the chart's catalogue, or the content of a C(config.json).
    type: raw
    required: true
  wish:
    description: What shall be done with the model; the fields of the option C(models) of M(swift.k8s.model_plan).
    type: dict
    default: {}
  nodes:
    description: Nodes with their accelerators, as M(swift.k8s.cluster_info) returns them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Devices that the model needs on this cluster
  ansible.builtin.set_fact:
    devices: "{{ ('Qwen/Qwen2.5-72B-Instruct' | swift.k8s.model_memory(nodes=cluster.nodes)).placements[0].devices }}"
"""

RETURN = r"""
_value:
  description: The plan, as an entry of C(plans) of M(swift.k8s.model_plan).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional, Union

from ansible.errors import AnsibleFilterError


def model_memory(
    model: Union[str, Mapping[str, Any]],
    wish: Optional[Mapping[str, Any]] = None,
    nodes: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The plan of one model."""
    # Here, as Ansible loads every filter of a collection in each task that names one of them.
    from ansible_collections.swift.k8s.plugins.module_utils._plan import known  # noqa: PLC0415
    from ansible_collections.swift.k8s.plugins.module_utils._plan.errors import PlanError  # noqa: PLC0415
    from ansible_collections.swift.k8s.plugins.module_utils._plan.run import run  # noqa: PLC0415

    config = known.config(model) if isinstance(model, str) else model
    name = model if isinstance(model, str) else str(model.get("_name_or_path") or "model")
    if config is None:
        raise AnsibleFilterError(f"model {name} is not known without its hub. Give its config.json, or use model_plan.")
    try:
        plan: dict[str, Any] = run([{**(wish or {}), "id": name, "config": config}], nodes)["plans"][0]
    except (PlanError, KeyError, TypeError) as error:
        raise AnsibleFilterError(f"model_memory of {name}: {error}") from error
    return plan


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> function."""
        return {"model_memory": model_memory}
