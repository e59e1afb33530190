# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The plan for all vendors: one pass, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import ascend, nvidia
from .allocatable import covers, is_prefix
from .in_use import vanishing
from .options import complete
from .owner import DRA, decide, unexplained
from .problem import Problem
from .selection import select
from .site import Site

Facts = Mapping[str, Any]
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Vendor:
    """What the plan needs to know of a vendor; a third one is one more entry in VENDORS."""

    name: str
    variable: str
    ours: str
    owners: tuple[str, ...]
    defaults: Mapping[str, Any]
    prefix: str
    hints: Callable[[Labels], bool]
    check: Callable[[Mapping[str, Any]], Any]
    labels: Callable[[Site], dict[str, dict[str, str]]]
    expectations: Callable[[Site], list[dict[str, Any]]]
    problems: Callable[[Site], list[Problem]]
    specifics: Callable[[Site], dict[str, Any]]


def _has(labels: Labels, *pairs: tuple[str, str]) -> bool:
    return any(labels.get(key) == value for key, value in pairs)


_NVIDIA_HINTS = (
    (nvidia.PRESENT, "true"),
    ("feature.node.kubernetes.io/pci-10de.present", "true"),
    ("feature.node.kubernetes.io/pci-0300_10de.present", "true"),
    ("feature.node.kubernetes.io/pci-0302_10de.present", "true"),
)
_ASCEND_HINTS = (ascend.LABEL_WORKER, ("feature.node.kubernetes.io/pci-1200_19e5.present", "true"))

VENDORS = (
    Vendor(
        name=nvidia.VENDOR,
        variable=nvidia.VARIABLE,
        ours=nvidia.OURS,
        owners=nvidia.OWNERS,
        defaults=nvidia.DEFAULTS,
        prefix="nvidia.com/",
        hints=lambda labels: _has(labels, *_NVIDIA_HINTS),
        check=nvidia.profiles,
        labels=nvidia.labels,
        expectations=nvidia.expectations,
        problems=nvidia.problems,
        specifics=nvidia.specifics,
    ),
    Vendor(
        name=ascend.VENDOR,
        variable=ascend.VARIABLE,
        ours=ascend.OURS,
        owners=ascend.OWNERS,
        defaults=ascend.DEFAULTS,
        prefix="huawei.com/",
        hints=lambda labels: (
            _has(labels, *_ASCEND_HINTS) or labels.get(ascend.LABEL_ACCELERATOR, "").startswith("huawei-")
        ),
        check=ascend.check,
        labels=ascend.labels,
        expectations=ascend.expectations,
        problems=ascend.problems,
        specifics=ascend.specifics,
    ),
)


def plan(facts: Facts, wishes: Mapping[str, Any], registry: str = "") -> dict[str, Any]:
    """Return the plan; `wishes` maps a vendor's name to what its variable holds."""
    nodes = {node["name"]: node for node in facts.get("nodes") or []}
    vendors = {
        vendor.name: _vendor(vendor, facts, nodes, wishes.get(vendor.name) or {}, registry) for vendor in VENDORS
    }
    problems = [problem for part in vendors.values() for problem in part.pop("problems")] + _both(vendors)
    labels = _join(part["labels"] for part in vendors.values())
    return {
        "vendors": vendors,
        "labels": labels,
        # In the form of the module node_labels.
        "marks": {node: {"labels": given} for node, given in labels.items()},
        "expect": [item for part in vendors.values() for item in part["expect"]],
        # DaemonSets of ours, whatever version made them.
        "ours": sorted({str(owner.get("name")) for owner in facts.get("owners") or [] if owner.get("managed")}),
        # Pods that would be left without the plugin that gave them devices, by the DaemonSet that goes.
        "busy": [item for part in vendors.values() for item in part.pop("busy")],
        # One small pod for each, to see that the runtime gives containers what they ask for.
        "smoke": [item for part in vendors.values() for item in part.pop("smoke")],
        # Devices that nobody is seen to offer: of a plugin unseen, or of one that was removed a moment ago.
        "doubtful": [item for part in vendors.values() for item in part.pop("doubtful")],
        # What nodes must no longer offer once our plugins are removed.
        "gone": [item for vendor in VENDORS for item in _gone(vendor, facts)],
        "problems": [problem.to_dict() for problem in problems],
        "refusal": " ".join(f"{problem.message} {problem.next_step}" for problem in problems),
    }


def _vendor(
    vendor: Vendor, facts: Facts, nodes: Mapping[str, Any], given: Mapping[str, Any], registry: str
) -> dict[str, Any]:
    options = complete(vendor.variable, given, vendor.defaults, vendor.owners)
    vendor.check(options)
    chosen, problems = select(vendor.variable, options["nodes"], nodes.values(), _with_devices(vendor, nodes))
    owners = [
        owner for owner in facts.get("owners") or [] if str(owner.get("resource") or "").startswith(vendor.prefix)
    ]
    dark = unexplained((name for name in chosen if _offers(vendor, nodes[name])), owners)
    decision = decide(vendor.variable, options["owner"], vendor.ours, owners, chosen, dark)
    if decision.problem:
        problems.append(decision.problem)
    part: dict[str, Any] = {
        "name": vendor.name,
        "action": decision.action,
        "owner": decision.owner,
        "options": options,
        "nodes": sorted(chosen) if decision.action != "none" else [],
        "labels": {},
        "expect": [],
        "problems": problems,
        "busy": [] if options["allow_disruption"] else _busy(vendor, nodes, owners),
        "doubtful": [
            {"node": name, "resource": vendor.prefix} for name in dark if options["owner"] in {"auto", vendor.ours}
        ],
    }
    if decision.action == "install":
        ours = {name: entry for name, entry in chosen.items() if name not in dark}
        site = Site(options, nodes, ours, registry, tuple(facts.get("apis") or ()))
        problems += vendor.problems(site)
        part["labels"] = vendor.labels(site)
        part["expect"] = vendor.expectations(site) + _anything(vendor, dark)
        part.update(vendor.specifics(site))
    elif decision.action == "adopt":
        # Devices that a DRA driver publishes stand in its ResourceSlices, not among what nodes can allocate.
        part["expect"] = [] if decision.owner == DRA else _anything(vendor, sorted(chosen))
    part["smoke"] = _smoke(part, nodes, owners)
    if not options["allow_disruption"]:
        problems += _vanishing(vendor, nodes, owners, part)
    return part


def _vanishing(
    vendor: Vendor, nodes: Mapping[str, Any], owners: Iterable[Mapping[str, Any]], part: Mapping[str, Any]
) -> list[Problem]:
    served = {name for owner in owners if owner.get("managed") for name in owner.get("nodes") or []}
    wanted = {item["node"]: item["resource"] for item in part["expect"]}
    return vanishing(vendor.variable, vendor.name, nodes, wanted, sorted(served - set(wanted)))


def _busy(vendor: Vendor, nodes: Mapping[str, Any], owners: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {"daemonset": str(owner.get("name")), "refusal": f"{problem.message} {problem.next_step}"}
        for owner in owners
        if owner.get("managed")
        for problem in vanishing(vendor.variable, vendor.name, nodes, {}, sorted(owner.get("nodes") or []))
    ]


def _smoke(
    part: Mapping[str, Any], nodes: Mapping[str, Any], owners: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return each resource that will be offered by a name that is known now, and the RuntimeClass that pods need."""
    adopted = (owner.get("runtime_class") for owner in owners if owner.get("kind") == part["owner"])
    runtime_class = part["options"]["runtime_class"] if part["action"] == "install" else next(adopted, None)
    names = {name for item in part["expect"] for name in _names(item["resource"], nodes[item["node"]])}
    return [{"resource": name, "runtime_class": runtime_class or None} for name in sorted(names)]


def _names(resource: str, node: Mapping[str, Any]) -> list[str]:
    """Return those that the node offers now; where it offers none yet, a full name as it is."""
    offered = [str(device.get("resource")) for device in node.get("accelerators") or [] if device.get("count")]
    return [name for name in offered if covers(resource, name)] or ([] if is_prefix(resource) else [resource])


def _anything(vendor: Vendor, names: Iterable[str]) -> list[dict[str, Any]]:
    """Expect one device of the vendor: another owner decides how devices are shared and named."""
    return [{"node": name, "vendor": vendor.name, "resource": vendor.prefix, "minimum": 1} for name in names]


def _gone(vendor: Vendor, facts: Facts) -> list[dict[str, Any]]:
    return [
        {"node": name, "vendor": vendor.name, "resource": vendor.prefix, "minimum": 0, "maximum": 0}
        for owner in facts.get("owners") or []
        if owner.get("managed") and str(owner.get("resource") or "").startswith(vendor.prefix)
        for name in owner.get("nodes") or []
    ]


def _offers(vendor: Vendor, node: Mapping[str, Any]) -> bool:
    devices = node.get("accelerators") or []
    return any(device.get("vendor") == vendor.name and device.get("count") for device in devices)


def _with_devices(vendor: Vendor, nodes: Mapping[str, Any]) -> list[str]:
    return [
        name
        for name, node in nodes.items()
        if vendor.hints(node.get("labels") or {})
        or any(device.get("vendor") == vendor.name for device in node.get("accelerators") or [])
    ]


def _join(parts: Iterable[Mapping[str, Mapping[str, str]]]) -> dict[str, dict[str, str]]:
    result: dict[str, dict[str, str]] = {}
    for part in parts:
        for node, labels in part.items():
            result.setdefault(node, {}).update(labels)
    return result


def _both(vendors: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    names = list(vendors)
    shared = sorted(set(vendors[names[0]]["nodes"]).intersection(*(vendors[name]["nodes"] for name in names[1:])))
    return [
        Problem(
            subject=f"node {node}",
            message=f"Node {node} is selected for {' and for '.join(names)}; one container runtime cannot serve both.",
            next_step="Make the selectors of the two nodes lists exclude each other.",
        )
        for node in shared
    ]
