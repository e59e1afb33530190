#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: model_cache
short_description: Keep models and datasets in a directory, verified
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Brings models and datasets from ModelScope, Hugging Face, a mirror or a directory into a cache directory of the
    host, or takes them out. One call handles a whole list.
  - Downloads keep to a rate limit that all seeders of the host share, continue after any kind of end, and are verified
    by sha256. A file is seen under its name only when it is whole and durable.
  - ModelScope clients, Hugging Face clients and engines find the models offline, without a second copy of any byte.
  - Inside a cluster M(swift.k8s.model_seed) runs the same engine as a Job.
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    details: Asks the hubs for their listings; hashes and fetches nothing.
    support: full
  diff_mode:
    description: Returns every file that would be fetched, checked, replaced or removed, with its bytes.
    support: full
  idempotent:
    description: A second run changes nothing and compares size and time of each file only.
    support: full
options:
  root:
    description: Absolute path of the cache directory.
    type: path
    required: true
  state:
    description:
      - V(present) brings every listed model into the cache.
      - V(absent) takes the listed models out, all their revisions where O(models[].revision) is not given.
    type: str
    choices: [present, absent]
    default: present
  models:
    description: The models and datasets.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Organisation and name, as the hub has them.
        type: str
        required: true
      type:
        description: Kind of repository.
        type: str
        choices: [model, dataset]
        default: model
      hub:
        description:
          - Protocol of the hub.
          - V(mirror) is a web server that serves a cache directory of this module, or with O(models[].source) a
            directory with a C(manifest.json).
        type: str
        choices: [modelscope, huggingface, mirror, directory]
        default: modelscope
      endpoint:
        description: Address of the hub. The public one if not given.
        type: str
      endpoints:
        description:
          - Places that are tried in their order. The first that lists the model serves it.
          - Each is an address, or a dictionary with any of C(hub), C(endpoint), C(source), C(token_env), C(token_file),
            C(ca_file) and C(proxy), which override the model's own.
          - One with C(lan) true lies inside the site. It pays no O(rate_limit), and counts only if it was filled with
            all that O(models[].include) and O(models[].exclude) select.
        type: list
        elements: raw
      revision:
        description: Branch, tag or commit. C(master) on ModelScope and C(main) on Hugging Face if not given.
        type: str
      include:
        description: Patterns of the files to fetch, such as V(*.safetensors). All files if not given.
        type: list
        elements: str
      exclude:
        description: Patterns of the files to leave out. They win over O(models[].include).
        type: list
        elements: str
      source:
        description: Directory to copy from, or address of a mirrored directory.
        type: str
      token:
        description: Access token for a private or gated repository.
        type: str
      token_file:
        description: File on the host that holds the token.
        type: path
      token_env:
        description: Environment variable of the task that holds the token.
        type: str
      ca_file:
        description: PEM file of additional certificate authorities.
        type: path
      proxy:
        description: HTTP proxy for this model, or V(none). E(HTTPS_PROXY) and E(NO_PROXY) count if not given.
        type: str
  rate_limit:
    description: Greatest rate of the download, such as V(300Mbit/s), V(40MiB/s) or V(unlimited).
    type: str
  rate_schedule:
    description: Times with another limit. The first that fits counts.
    type: list
    elements: dict
    suboptions:
      days:
        description: Days, such as V(mon-fri), V(sat,sun) or V(daily), also as a list.
        type: raw
        default: daily
      from:
        description: Begin, such as V(08:00).
        type: str
        default: "00:00"
      to:
        description: End, such as V(20:00). An end before the begin is on the next day.
        type: str
        default: "24:00"
      timezone:
        description: Time zone of begin and end, by name or as V(UTC+8).
        type: str
        default: UTC
      limit:
        description: The limit then.
        type: str
        required: true
  rate_file:
    description: File that holds a rate, read once a second while the module works. It replaces O(rate_limit).
    type: path
  rate_scope:
    description: Seeders of one user and host that name the same scope share one limit. The last value given counts.
    type: str
    default: site
  reserve:
    description: Space that stays free on the disk.
    type: str
    default: 1GiB
  workers:
    description: Files that are fetched at the same time.
    type: int
    default: 4
  verify:
    description:
      - How to look at files that are there. V(stat) compares size and time, V(sample) hashes slices, V(full) every
        byte.
      - What is missing or damaged is fetched, and nothing else.
    type: str
    choices: [stat, sample, full]
    default: stat
  exclusive:
    description: Take out every model, dataset and revision of O(root) that is not listed.
    type: bool
    default: false
  keep:
    description: With O(exclusive=true), so many of the newest unlisted revisions of a listed model stay.
    type: int
    default: 0
  report:
    description:
      - Directory for a JSON record of each run that changed something.
      - The filter P(swift.k8s.seed_plot#filter) draws it.
    type: path
  log_path:
    description: File to which the run appends its progress, one JSON object a line.
    type: path
  connect_timeout:
    description: Seconds to wait for a connection.
    type: float
    default: 10
  stall_timeout:
    description: Seconds without a byte after which a connection is given up and continued by a new one.
    type: float
    default: 60
  attempts:
    description: Attempts in a row without a single byte after which a file is given up.
    type: int
    default: 8
seealso:
  - module: swift.k8s.model_cache_info
  - module: swift.k8s.model_seed
"""

EXAMPLES = r"""
- name: Keep two models under a limit that is lower in office hours
  swift.k8s.model_cache:
    root: /data/models
    rate_limit: 300Mbit/s
    rate_schedule:
      - days: mon-fri
        from: "08:00"
        to: "20:00"
        timezone: Asia/Shanghai
        limit: 100Mbit/s
    models:
      - id: Qwen/Qwen2.5-VL-72B-Instruct
        revision: v1.0.1
        include: ["*.safetensors", "*.json", "tokenizer*"]
      - id: meta-llama/Llama-3-70B
        hub: huggingface
        token: "{{ hf_token }}"
        endpoints: [https://mirror.corp/hf, https://huggingface.co]

- name: Import a model from a USB stick
  swift.k8s.model_cache:
    root: /data/models
    models:
      - id: acme/finetuned
        hub: directory
        source: /mnt/usb/acme-finetuned

- name: Read every byte again and fetch what is damaged
  swift.k8s.model_cache:
    root: /data/models
    verify: full
    models:
      - id: Qwen/Qwen2.5-7B-Instruct

- name: Take a model out
  swift.k8s.model_cache:
    root: /data/models
    state: absent
    models:
      - id: Qwen/Qwen2.5-7B-Instruct
"""

RETURN = r"""
models:
  description: One entry a model, in the order of O(models).
  returned: when O(state=present)
  type: list
  elements: dict
  sample:
    - id: Qwen/Qwen2.5-7B-Instruct
      type: model
      revision: master
      resolved: 0123456789abcdef0123456789abcdef01234567
      hub: modelscope https://www.modelscope.cn
      path: /data/models/models/Qwen/Qwen2.5-7B-Instruct
      changed: true
      files: 14
      bytes: 15242807296
      files_fetched: 1
      bytes_fetched: 3945441280
      bytes_resumed: 104857600
      changes:
        - {action: fetch, path: model-00001-of-00004.safetensors, bytes: 3840583680, why: missing}
      warnings: []
      error: ""
removed:
  description: What was taken out, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample:
    - {id: Qwen/Qwen2.5-7B-Instruct, type: model, revision: v1.0.0}
bytes_fetched:
  description: Bytes that came over the network or were copied, repeats included.
  returned: when O(state=present)
  type: int
  sample: 3945441280
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cache import checks, errors, events, house, report
from ansible_collections.swift.k8s.plugins.module_utils._cache.arguments import ARGUMENTS, parse_params, secrets
from ansible_collections.swift.k8s.plugins.module_utils._cache.engine import Engine
from ansible_collections.swift.k8s.plugins.module_utils._hub.errors import HubError


def present(module: AnsibleModule) -> dict[str, Any]:
    """Plan or seed, then take out what is not listed; every model's own error is part of the result."""
    spec = parse_params(module.params)
    if module.params["keep"] < 0:
        raise errors.BadSpec(f"keep {module.params['keep']} is below 0", "Write 0 to keep listed revisions alone")
    with events.log_to(module.params["log_path"]) as emit:
        engine = Engine(spec, emit)
        outcomes = engine.plan() if module.check_mode else engine.seed()
    failed = [outcome for outcome in outcomes if outcome.error]
    wanted = [wish.snapshot for wish in spec.wishes]
    surplus = house.surplus(house.inventory(spec.root), wanted, module.params["keep"])
    removed = house.remove_all(surplus, module.check_mode) if module.params["exclusive"] and not failed else []
    for outcome in outcomes:
        for warning in outcome.warnings:
            module.warn(f"{outcome.snapshot.id}: {warning}")
    return {
        "changed": bool(removed) or any(outcome.changed for outcome in outcomes),
        "failed": bool(failed),
        "msg": "; ".join(f"{outcome.snapshot.id}: {outcome.error}" for outcome in failed),
        "models": [report.result(outcome) for outcome in outcomes],
        "removed": removed,
        "bytes_fetched": sum(outcome.bytes_fetched for outcome in outcomes),
        "diff": report.diff(outcomes, removed),
    }


def absent(module: AnsibleModule) -> dict[str, Any]:
    for model in module.params["models"]:
        checks.model_id(model["id"], "id")
    chosen = house.matching(house.inventory(module.params["root"]), module.params["models"])
    removed = house.remove_all(chosen, module.check_mode)
    return {"changed": bool(removed), "removed": removed, "diff": report.diff((), removed)}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    module.no_log_values.update(secrets(module.params))
    try:
        result = present(module) if module.params["state"] == "present" else absent(module)
    except (errors.CacheError, HubError) as error:
        module.fail_json(msg=str(error))
    if result.get("failed"):
        module.fail_json(**result)
    result.pop("msg", None)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
