# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""NVIDIA: options and nodes -> labels, chart values, expectations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .._constraints.nearest import unknown
from . import mig_manager
from .problem import DevicePlanError, Problem
from .profile import Profile, fits, parse
from .registry import rewrite
from .shares import bounds
from .site import Site

VARIABLE = "device_plugin_nvidia"
VENDOR = "nvidia"
OURS = "nvdp"
OWNERS = ("auto", OURS, "gpu-operator", "hami", "dra", "none")
PRESENT = "nvidia.com/gpu.present"
CONFIG = "nvidia.com/device-plugin.config"
MIG_CONFIG = "nvidia.com/mig.config"
MIG_STATE = "nvidia.com/mig.config.state"
DEFAULTS: dict[str, Any] = {
    "owner": "auto",
    "version": "0.20.0",
    "chart": "nvidia-device-plugin",
    "repository": "https://nvidia.github.io/k8s-device-plugin",
    "namespace": "nvidia-device-plugin",
    "release": "nvidia-device-plugin",
    "image": "",
    "pull_secrets": [],
    "runtime_class": "nvidia",
    "default_profile": "whole",
    "profiles": {"whole": {}},
    "nodes": [],
    "tolerations": [],
    "allow_disruption": False,
    "gfd": False,
    **mig_manager.DEFAULTS,
    "values": {},
}
# Upstream's own; a list in values replaces the chart's, so ours must carry them.
TOLERATIONS = (
    {"key": "CriticalAddonsOnly", "operator": "Exists"},
    {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
)
# Upstream narrows NFD to display and network classes, which hides Ascend (class 12); class and vendor tell both apart.
PCI = {"deviceClassWhitelist": ["02", "03", "0b40", "12"], "deviceLabelFields": ["class", "vendor"]}


def profiles(options: Mapping[str, Any]) -> dict[str, Profile]:
    """Return the checked profiles; every name that is used must be among them."""
    known = {str(name): parse(str(name), given) for name, given in options["profiles"].items()}
    known.setdefault("whole", Profile("whole", "whole"))
    used = [("default_profile", options["default_profile"])]
    used += [("nodes", entry["profile"]) for entry in options["nodes"] if entry.get("profile")]
    for key, name in used:
        if name not in known:
            raise DevicePlanError(f"{VARIABLE}.{key}: {unknown('profile', str(name), known)}")
    return known


def profiles_of_nodes(site: Site) -> dict[str, Profile]:
    """Return node -> the profile it gets."""
    known = profiles(site.options)
    return {name: known[entry.get("profile") or site.options["default_profile"]] for name, entry in site.chosen.items()}


def labels(site: Site) -> dict[str, dict[str, str]]:
    """Return node -> labels. Without GPU feature discovery nobody else says that there is a GPU."""
    result: dict[str, dict[str, str]] = {}
    for node, profile in profiles_of_nodes(site).items():
        result[node] = {PRESENT: "true", **mig_manager.labels(site.options, bool(profile.mig_config))}
        if site.chosen[node].get("profile"):
            result[node][CONFIG] = profile.name
        if profile.mig_config:
            result[node][MIG_CONFIG] = profile.mig_config
    return result


def expectations(site: Site) -> list[dict[str, Any]]:
    """Return what every selected node must advertise at the end."""
    result = []
    for node, profile in profiles_of_nodes(site).items():
        expected: dict[str, Any] = {
            "node": node,
            "vendor": VENDOR,
            "resource": profile.resource,
            # Configurations in values may replace the profiles'.
            **(
                {"minimum": profile.replicas}
                if site.options["values"].get("config")
                else bounds(profile, site.nodes[node])
            ),
        }
        if profile.mig_config:
            expected["label"] = {"key": MIG_STATE, "value": "success", "failed": "failed"}
        result.append(expected)
    return result


def problems(site: Site) -> list[Problem]:
    """Return why nodes cannot carry their profiles."""
    wished = profiles_of_nodes(site)
    found = [fits(profile, site.nodes[name]) for name, profile in wished.items()]
    unmanaged = [
        name
        for name, profile in wished.items()
        if profile.mig_config and MIG_STATE not in (site.nodes[name].get("labels") or {})
    ]
    return [problem for problem in found if problem] + mig_manager.problems(
        VARIABLE, site.options, unmanaged, site.apis
    )


def specifics(site: Site) -> dict[str, Any]:
    """Return the part of the plan that only this vendor has: the values of NVIDIA's chart, in upstream's spelling."""
    options, known = site.options, profiles(site.options)
    result: dict[str, Any] = {
        "image": _image(site),
        "tolerations": [*TOLERATIONS, *options["tolerations"]],
    }
    if options["pull_secrets"]:
        result["imagePullSecrets"] = [{"name": name} for name in options["pull_secrets"]]
    if options["runtime_class"]:
        result["runtimeClassName"] = options["runtime_class"]
    if options["nodes"]:
        result["affinity"] = _only_labelled()
    if options["mig_manager"]:
        result["nodeSelector"] = dict([mig_manager.CLIENT])
    if any(profile.kind != "whole" for profile in known.values()):
        result["config"] = {
            # The chart wants each file as text; JSON is YAML, and the same text on every run.
            "map": {name: json.dumps(profile.config(), sort_keys=True) for name, profile in sorted(known.items())},
            "default": options["default_profile"],
        }
    # MPS pods wait for nvidia.com/mps.capable, which only GPU feature discovery sets; it reports through NFD.
    if options["gfd"] or any(profile.kind == "mps" for profile in known.values()):
        has_nfd = any(api.startswith("nfd.") for api in site.apis)
        result["gfd"] = {"enabled": True}
        result["nfd"] = _nfd(site) if not has_nfd else {"enabled": False}
    return {
        "values": merge(result, options["values"]),
        "mig_manager": mig_manager.parameters(options, site.registry),
    }


def _image(site: Site) -> dict[str, str]:
    """Return the image as the chart takes it, which joins both by a colon; a digest is a tag to it."""
    version = f"v{site.options['version']}"
    image = site.options["image"] or rewrite("nvcr.io/nvidia/k8s-device-plugin", site.registry)
    tagged = image if re.search(r"[:@][^/]*$", image) else f"{image}:{version}"
    repository, _colon, tag = tagged.rpartition(":")
    return {"repository": repository, "tag": tag}


def _nfd(site: Site) -> dict[str, Any]:
    """Return the values of the sub-chart that labels nodes by their hardware."""
    result: dict[str, Any] = {"enabled": True, "worker": {"config": {"sources": {"pci": PCI}}}}
    if site.registry:
        result["image"] = {"repository": rewrite("registry.k8s.io/nfd/node-feature-discovery", site.registry)}
    if site.options["pull_secrets"]:
        result["imagePullSecrets"] = [{"name": name} for name in site.options["pull_secrets"]]
    return result


def _only_labelled() -> dict[str, Any]:
    """Return an affinity to the label we set: nodes that nobody selected stay without our plugin."""
    term = {"matchExpressions": [{"key": PRESENT, "operator": "In", "values": ["true"]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` laid on it, mappings merged at every depth."""
    result = dict(base)
    for key, value in over.items():
        both = isinstance(result.get(key), Mapping) and isinstance(value, Mapping)
        result[key] = merge(result[key], value) if both else value
    return result
