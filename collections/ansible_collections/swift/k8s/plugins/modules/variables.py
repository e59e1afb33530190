#!/usr/bin/python
# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: variables
short_description: Refuse variables of a wrong type, null ones and misspelt ones
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Judges the variables of a host by argument specifications of roles, before one of the roles runs.
  - Judges types as M(ansible.builtin.validate_argument_spec) does, whose failure shows the whole specification besides.
    A list or a mapping that is null is wrong, too.
  - Asks no cluster, and starts nothing.
attributes:
  check_mode:
    description: The same as the real run.
    support: full
  diff_mode:
    description: There is nothing to show a difference of.
    support: none
  idempotent:
    description: Never reports a change.
    support: full
options:
  specifications:
    description: Files C(meta/argument_specs.yml) of roles.
    type: list
    elements: path
    required: true
  more:
    description: Name to type, elements, choices, required and suboptions of variables that stand in none of them.
    type: dict
    default: {}
  names:
    description: Regular expression for the names that are looked at. Without it, no name is misspelt.
    type: str
  known:
    description: Further names that exist.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Refuse what a role would refuse later
  swift.k8s.variables:
    specifications: ["{{ role_path }}/meta/argument_specs.yml"]
    names: ^storage_
"""

RETURN = r"""
"""
