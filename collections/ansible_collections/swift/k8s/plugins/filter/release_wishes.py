# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

DOCUMENTATION = r"""
name: release_wishes
short_description: Wished ms-swift services without what must not be shown
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Takes C(secret_values) out of the entries, for modules that have no use for them.
  - An entry that is no mapping, has no name, or whose values are no mapping is refused.
options:
  _input:
    description: The list O(ms_swift_releases#role:ms_swift_releases) of the role ms_swift.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wished
  ansible.builtin.debug:
    msg: "{{ [{'name': 'qwen', 'secret_values': {'env': {'HF_TOKEN': token}}}] | swift.k8s.release_wishes }}"
"""

RETURN = r"""
_value:
  description: The entries.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

_MAPPINGS = ("values", "secret_values")


def checked(releases: Any) -> list[Mapping[str, Any]]:
    """The entries; AnsibleFilterError for the first that cannot be one."""
    if not isinstance(releases, list):
        raise AnsibleFilterError(f"ms_swift_releases is {releases!r}: write a list of entries with name and model.")
    for number, entry in enumerate(releases, 1):
        place = f"ms_swift_releases: entry {number}"
        if not isinstance(entry, Mapping):
            raise AnsibleFilterError(f"{place} is {entry!r}: write a mapping with name and model.")
        if not entry.get("name"):
            raise AnsibleFilterError(f"{place} has no name: write one, by which Helm knows the release.")
        for key in _MAPPINGS:
            if not isinstance(entry.get(key) or {}, Mapping):
                raise AnsibleFilterError(f"{place} ({entry['name']}): {key} is no mapping: write values of the chart.")
    return releases


def release_wishes(releases: Any) -> list[dict[str, Any]]:
    """The entries without their secret values."""
    return [{key: value for key, value in entry.items() if key != "secret_values"} for entry in checked(releases)]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return name -> filter."""
        return {"release_wishes": release_wishes}
