#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: model_cache_info
short_description: Say what a model cache holds and whether it is unharmed
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Lists the models and datasets of a cache directory that M(swift.k8s.model_cache) or M(swift.k8s.model_seed) filled,
    and compares their files with what was verified when they were fetched.
  - Reads only. M(swift.k8s.model_cache) with O(swift.k8s.model_cache#module:verify=full) fetches what is damaged.
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
  idempotent:
    description: The module changes nothing.
    support: full
options:
  root:
    description: Absolute path of the cache directory.
    type: path
    required: true
  ids:
    description: Only these models and datasets.
    type: list
    elements: str
  level:
    description:
      - V(stat) compares the size of each file, V(sample) hashes slices of it, V(full) every byte.
      - Another time of change is no damage, as copies have one; M(swift.k8s.model_cache) hashes such a file again.
    type: str
    choices: [stat, sample, full]
    default: stat
seealso:
  - module: swift.k8s.model_cache
"""

EXAMPLES = r"""
- name: Look at all models
  swift.k8s.model_cache_info:
    root: /data/models
  register: cache

- name: Read every byte of one model
  swift.k8s.model_cache_info:
    root: /data/models
    ids: [Qwen/Qwen2.5-7B-Instruct]
    level: full
"""

RETURN = r"""
models:
  description: One entry a revision of a model or dataset.
  returned: always
  type: list
  elements: dict
  sample:
    - id: Qwen/Qwen2.5-7B-Instruct
      type: model
      revision: master
      resolved: 0123456789abcdef0123456789abcdef01234567
      hub: modelscope
      address: https://www.modelscope.cn
      path: /data/models/models/Qwen--Qwen2.5-7B-Instruct/snapshots/master
      linked: true
      files: 14
      bytes: 15242807296
      disk_bytes: 15242850304
      pinned_by: {hub: 14}
      complete: true
      problem: ""
      findings: []
complete:
  description:
    - Whether every model listed is finished and unharmed at the given level.
    - Also false where O(root) is not there, or holds nothing of one of O(ids).
  returned: always
  type: bool
  sample: true
missing:
  description: Those of O(ids) of which the cache holds nothing.
  returned: always
  type: list
  elements: str
  sample: []
bytes:
  description: Disk space of all models listed.
  returned: always
  type: int
  sample: 15242850304
free_bytes:
  description: Disk space that is free at O(root).
  returned: always
  type: int
  sample: 812450304000
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swift.k8s.plugins.module_utils._cache import errors, house, space
from ansible_collections.swift.k8s.plugins.module_utils._cache.spec import LEVELS


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "ids": {"type": "list", "elements": "str"},
            "level": {"type": "str", "choices": list(LEVELS), "default": "stat"},
        },
        supports_check_mode=True,
    )
    ids = module.params["ids"] or []
    try:
        found = house.inventory(module.params["root"])
        entries = [entry for entry in found if not ids or entry.snapshot.id in ids]
        models = [house.described(entry, module.params["level"]) for entry in entries]
        free = space.room_at(module.params["root"]).bytes
    except errors.CacheError as error:
        module.fail_json(msg=str(error))
    there, missing = os.path.isdir(module.params["root"]), house.without(found, ids)
    module.exit_json(
        changed=False,
        models=models,
        complete=there and not missing and all(model["complete"] for model in models),
        missing=missing,
        bytes=sum(model["disk_bytes"] for model in models),
        free_bytes=free,
    )


if __name__ == "__main__":
    main()
