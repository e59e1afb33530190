#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: model_plan
short_description: Memory that models take, and the nodes where they fit
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Computes weights, KV cache, working memory, and for training gradients and optimiser, from C(config.json) and the
    headers of the weights. No weight is read and nothing is changed.
  - Says for each model on which nodes it fits, with how many devices and up to which context; or what to change, each
    change tried.
  - Figures of engines differ by version. Ours are set so that they err on the side of too much.
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
  idempotent:
    description: The same input gives the same answer.
    support: full
options:
  ids:
    description: Models to plan with the defaults of O(models), by id or by a name of the chart's catalogue.
    type: list
    elements: str
    default: []
  models:
    description: The models and what shall be done with them.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: Organisation and name, or a name of the chart's catalogue such as V(llama3-70b).
        type: str
        required: true
      config:
        description: Content of the model's C(config.json).
        type: dict
      path:
        description: Directory of the model on this host.
        type: str
      hub:
        description: Hub that is asked for models that are not known otherwise, V(modelscope) if not given.
        type: str
        choices: [modelscope, huggingface, mirror]
      endpoint:
        description: Address of the hub.
        type: str
      revision:
        description: Branch, tag or commit.
        type: str
      task:
        description: What is done with the model.
        type: str
        choices: [serve, full, lora, qlora]
        default: serve
      engine:
        description: Engine that serves.
        type: str
        choices: [vllm, sglang, lmdeploy, transformers]
        default: vllm
      dtype:
        description: Type of the numbers, that of the model if not given.
        type: str
      quantization:
        description:
          - Quantisation of the weights, that of the published weights if not given.
          - Adapters are trained on V(awq), V(gptq) or V(bnb) alone, and full weights on none.
        type: str
        choices: [awq, gptq, bnb, fp8, int8]
      kv_dtype:
        description: Type of the cache, that of the model if not given.
        type: str
        choices: [bfloat16, float16, fp8]
      context:
        description: Longest sequence in tokens, what the model was made for if not given; more than that is noted.
        type: int
      concurrency:
        description: Sequences of that length at the same time.
        type: int
        default: 1
      utilization:
        description: Share of a device's memory that the engine may take, the engine's default if not given.
        type: float
      images:
        description: Images in a request.
        type: int
        default: 0
      image_tokens:
        description: Tokens of the largest image.
        type: int
        default: 4096
      batch:
        description: Sequences of a training step on one device.
        type: int
        default: 1
      lora_rank:
        description: Rank of the adapter.
        type: int
        default: 8
      zero:
        description: Stage of ZeRO.
        type: int
        choices: [0, 1, 2, 3]
        default: 0
  nodes:
    description:
      - Nodes with C(name) and C(accelerators), as M(swift.k8s.cluster_info) returns them. Without, only sizes are told.
      - Nodes that are not C(ready) or not C(schedulable) are left out, as the scheduler does; see RV(left_out).
      - Devices whose C(sharing) is not V(none) count as one each, for a model is not split over shares.
    type: list
    elements: dict
    default: []
  sources:
    description:
      - Entries with C(id), C(hub), C(endpoint) or C(endpoints), and C(revision), such as the wishes of the role
        C(model_cache). Where O(models) says nothing else, the hub of a model is asked as its entry says.
    type: list
    elements: dict
    default: []
  tolerant:
    description: Whether a model that cannot be planned, such as one whose hub does not answer, is told in RV(unplanned)
      instead of failing.
    type: bool
    default: false
  require:
    description: Fail if a model fits on no node.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Where do these models fit
  swift.k8s.model_plan:
    models:
      - {id: Qwen/Qwen2.5-72B-Instruct, context: 32768, concurrency: 8}
      - {id: Qwen/Qwen2.5-7B-Instruct, task: lora, context: 4096}
    nodes: "{{ swift_k8s_cluster.nodes }}"
  register: memory

- name: What would two cards of 48 GiB do
  swift.k8s.model_plan:
    models:
      - {id: llama3-70b, quantization: awq}
    nodes:
      - {name: wish, accelerators: [{vendor: nvidia, product: L40S, memory_mib: 46068, count: 2}]}
"""

RETURN = r"""
plans:
  description: A plan for each model, in the order of the option.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The model as it was named.
      type: str
    parameters:
      description: Number of its parameters.
      type: int
    weight_bytes:
      description: Bytes of the loaded weights, all devices together.
      type: int
    kv_bytes_per_token:
      description: Bytes of the cache for one token.
      type: int
    parts:
      description: Bytes on one device that holds the whole model, by part.
      type: dict
    total_bytes:
      description: Their sum.
      type: int
    fits:
      description: Whether any node holds it; null where no devices are known.
      type: bool
    placements:
      description: Where it fits, with the fewest devices, bytes on each, and the longest context that fits.
      type: list
      elements: dict
    advice:
      description: What to change where it does not fit.
      type: list
      elements: str
    notes:
      description: Where the figures come from, if not from the model's own files.
      type: list
      elements: str
    warnings:
      description: What to doubt, such as a context beyond the model, or files that contradict the C(config.json).
      type: list
      elements: str
    published:
      description: A published minimum in GB, and why ours differs.
      type: dict
unplanned:
  description: With O(tolerant=true), the models that have no plan.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: The model as it was named., type: str}
    reason: {description: Why., type: str}
left_out:
  description: Nodes with accelerators that no pod is placed on now.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: The node., type: str}
    reason: {description: "V(not ready) or V(cordoned).", type: str}
table:
  description: All of it as a table.
  returned: success
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._plan.errors import PlanError
from ansible_collections.swift.k8s.plugins.module_utils._plan.run import require, run

_TEXT = {"type": "str"}
MODEL_ARGS: dict[str, Any] = {
    "id": {"type": "str", "required": True},
    "config": {"type": "dict"},
    "path": _TEXT,
    "hub": {"type": "str", "choices": ["modelscope", "huggingface", "mirror"]},
    "endpoint": _TEXT,
    "revision": _TEXT,
    "task": {"type": "str", "choices": ["serve", "full", "lora", "qlora"], "default": "serve"},
    "engine": {"type": "str", "choices": ["vllm", "sglang", "lmdeploy", "transformers"], "default": "vllm"},
    "dtype": _TEXT,
    "quantization": {"type": "str", "choices": ["awq", "gptq", "bnb", "fp8", "int8"]},
    "kv_dtype": {"type": "str", "choices": ["bfloat16", "float16", "fp8"]},
    "context": {"type": "int"},
    "concurrency": {"type": "int", "default": 1},
    "utilization": {"type": "float"},
    "images": {"type": "int", "default": 0},
    "image_tokens": {"type": "int", "default": 4096, "no_log": False},
    "batch": {"type": "int", "default": 1},
    "lora_rank": {"type": "int", "default": 8},
    "zero": {"type": "int", "choices": [0, 1, 2, 3], "default": 0},
}


def main() -> None:
    """Parse, call, exit."""
    module = AnsibleModule(
        argument_spec={
            "ids": {"type": "list", "elements": "str", "default": []},
            "models": {"type": "list", "elements": "dict", "default": [], "options": MODEL_ARGS},
            "nodes": {"type": "list", "elements": "dict", "default": []},
            "sources": {"type": "list", "elements": "dict", "default": []},
            "tolerant": {"type": "bool", "default": False},
            "require": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        named = [{"id": name} for name in module.params["ids"]]
        params = module.params
        result = run([*params["models"], *named], params["nodes"], params["sources"], params["tolerant"])
        if module.params["require"]:
            require(result["plans"])
    except PlanError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
