# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
name: ms_swift_releases
short_description: Turn wished ms-swift services into entries for swift.k8s.release
version_added: 0.1.0
author:
  - swift.k8s maintainers (@swift-k8s)
description:
  - Merges the defaults under each entry's values and puts model, claim and registry where the chart expects them.
  - Pods use the RuntimeClass called like their devices' vendor where the cluster has it (C(runtimeClassName) V(auto)).
  - An unknown key of an entry is refused with the nearest known one.
positional: _input
options:
  _input:
    description: The list O(ms_swift_releases#role:ms_swift_releases) of the role ms_swift.
    type: list
    elements: dict
    required: true
  defaults:
    description: Values of the chart for all releases; an entry's own win.
    type: dict
    default: {}
  options:
    description: Options of M(swift.k8s.release) for all releases; an entry's own win.
    type: dict
    default: {}
  claim:
    description: Existing claim with the model cache; empty for none.
    type: str
    default: ""
  probe:
    description: >-
      Options of the filter P(swift.k8s.ms_swift_probes#filter), C(options) and C(checks), by which a new revision is
      asked before it counts; empty asks nothing.
    type: dict
    default: {}
  registry:
    description: Registry in front of the image's repository; empty for the chart's own.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show what would be asked of the release module
  ansible.builtin.debug:
    msg: "{{ [{'name': 'qwen', 'model': 'Qwen/Qwen2.5-7B-Instruct'}] | swift.k8s.ms_swift_releases(claim='models') }}"
"""

RETURN = r"""
_value:
  description: Entries for the option releases of M(swift.k8s.release).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.swift.k8s.plugins.filter.ms_swift_probes import ms_swift_probes
from ansible_collections.swift.k8s.plugins.filter.release_wishes import checked
from ansible_collections.swift.k8s.plugins.module_utils._constraints.nearest import unknown
from ansible_collections.swift.k8s.plugins.module_utils._release.options import ENTRY, ROLE_KEYS, ROLE_VALUES, merged


def ms_swift_releases(
    releases: list[Mapping[str, Any]],
    defaults: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    claim: str = "",
    registry: str = "",
    probe: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The entries for the module release."""
    base = dict(ROLE_VALUES)
    if claim:
        base["cache"] = {"existingClaim": claim}
    if registry:
        base["image"] = {"registry": registry}
    entries = [_entry(release, merged(base, defaults or {}), options or {}) for release in checked(releases)]
    return [_asked(_paired(entry), probe or {}) for entry in entries]


def _paired(entry: dict[str, Any]) -> dict[str, Any]:
    """Routes of a pair of colours lead to the Service before both."""
    if entry.get("strategy") != "blue_green" or "values" not in entry:
        return entry
    return {**entry, "values": merged({"service": {"front": entry["name"]}}, entry["values"])}


def _asked(entry: dict[str, Any], probe: Mapping[str, Any]) -> dict[str, Any]:
    """What serves is asked before a revision counts."""
    if "probe" in entry or not probe:
        return entry
    asked = [
        {key: value for key, value in one.items() if key not in ("name", "namespace", "service", "label_selector")}
        for one in ms_swift_probes([entry], **probe)
    ]
    return {**entry, "probe": asked[0]} if asked else entry


def _entry(release: Mapping[str, Any], defaults: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    known = (*ROLE_KEYS, *ENTRY)
    for key in release:
        if key not in known:
            place = f"ms_swift_releases: entry {release.get('name', '?')}"
            raise AnsibleFilterError(f"{place}: {unknown('key', key, known)}")
    given = {key: value for key, value in release.items() if key not in ROLE_KEYS}
    entry = {**options, **given}
    if entry.get("state", "present") == "present":
        entry["values"] = merged(merged(defaults, _model(release)), release.get("values") or {})
    return entry


def _model(release: Mapping[str, Any]) -> dict[str, Any]:
    """A model is a hub's id, or a mapping with the chart's own keys."""
    model = release.get("model")
    if not model:
        return {}
    return {"model": dict(model) if isinstance(model, Mapping) else {"id": str(model)}}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"ms_swift_releases": ms_swift_releases}
