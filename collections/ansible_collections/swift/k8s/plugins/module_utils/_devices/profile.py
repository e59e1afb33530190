# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Profiles of NVIDIA nodes: whole, time-sliced, MPS or MIG, as the configuration that the device plugin reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .._accelerator.nvidia import NVIDIA
from .._constraints.nearest import unknown
from .._constraints.versions import compare
from .mig import BALANCED, WHOLE_CARDS, profile_of_config, resource_of
from .problem import DevicePlanError, Problem
from .typed import flag, label

KINDS = ("time_slicing", "mps", "mig")
SHARING_KEYS = ("replicas", "rename", "fail_multiple")
MIG_KEYS = ("strategy", "config")
MIG_STRATEGIES = ("single", "mixed")
# Clients an MPS daemon serves: the hardware limit since compute capability 7.5, and the one before.
MPS_CLIENTS, MPS_CLIENTS_OLD = 48, 16
WHOLE = "nvidia.com/gpu"


@dataclass(frozen=True)
class Profile:
    """One named profile, checked."""

    name: str
    kind: str
    replicas: int = 1
    rename: bool = False
    fail_multiple: Optional[bool] = None
    strategy: str = "none"
    mig_config: str = ""

    @property
    def resource(self) -> str:
        """Return the resource that nodes with this profile advertise."""
        if self.kind == "mig" and self.strategy == "mixed":
            return resource_of(self.mig_config)
        return f"{WHOLE}.shared" if self.rename else WHOLE

    def config(self) -> dict[str, Any]:
        """Return the device plugin's configuration file."""
        document: dict[str, Any] = {"version": "v1", "flags": {"migStrategy": self.strategy}}
        if self.kind in {"time_slicing", "mps"}:
            sharing: dict[str, Any] = {
                "renameByDefault": self.rename,
                "resources": [{"name": WHOLE, "replicas": self.replicas}],
            }
            if self.fail_multiple is not None:
                sharing["failRequestsGreaterThanOne"] = self.fail_multiple
            document["sharing"] = {"timeSlicing" if self.kind == "time_slicing" else "mps": sharing}
        return document


def parse(name: str, given: Any) -> Profile:
    """Return a checked profile; `{}` is the whole device."""
    where = f"device_plugin_nvidia.profiles.{name}"
    label("device_plugin_nvidia.profiles: a name", name)
    if not isinstance(given, Mapping):
        raise DevicePlanError(f"{where} must be a mapping such as {{time_slicing: {{replicas: 4}}}}, not {given!r}")
    for key in given:
        if key not in KINDS:
            raise DevicePlanError(f"{where}: {unknown('key', str(key), KINDS)}")
    if len(given) > 1:
        raise DevicePlanError(
            f"{where} has {' and '.join(sorted(given))}; a node is shared in one way. Split it into two profiles."
        )
    if not given:
        return Profile(name, "whole")
    kind = next(iter(given))
    options = given[kind]
    allowed = MIG_KEYS if kind == "mig" else SHARING_KEYS
    if not isinstance(options, Mapping):
        raise DevicePlanError(f"{where}.{kind} must be a mapping of {', '.join(allowed)}, not {options!r}")
    for key in options:
        if key not in allowed:
            raise DevicePlanError(f"{where}.{kind}: {unknown('key', str(key), allowed)}")
    return _mig(name, where, options) if kind == "mig" else _shared(name, where, kind, options)


def _mig(name: str, where: str, options: Mapping[str, Any]) -> Profile:
    strategy = str(options.get("strategy", "mixed"))
    if strategy not in MIG_STRATEGIES:
        raise DevicePlanError(f"{where}.mig.strategy: {unknown('strategy', strategy, MIG_STRATEGIES)}")
    config = options.get("config")
    if strategy == "single" and config == BALANCED:
        raise DevicePlanError(f"{where}.mig: strategy single needs equal slices, which {BALANCED} does not make.")
    return Profile(name, "mig", strategy=strategy, mig_config=label(f"{where}.mig.config", config) if config else "")


def _shared(name: str, where: str, kind: str, options: Mapping[str, Any]) -> Profile:
    replicas = options.get("replicas")
    if isinstance(replicas, bool) or not isinstance(replicas, int) or replicas < 2:
        raise DevicePlanError(f"{where}.{kind}.replicas is {replicas!r}; sharing needs a whole number from 2 on.")
    if kind == "mps" and replicas > MPS_CLIENTS:
        raise DevicePlanError(
            f"{where}.mps.replicas is {replicas}; an MPS daemon serves at most {MPS_CLIENTS} clients."
        )
    rename, fail_multiple = (
        None if options.get(key) is None else flag(f"{where}.{kind}.{key}", options[key]) for key in SHARING_KEYS[1:]
    )
    return Profile(name, kind, replicas, rename=bool(rename), fail_multiple=fail_multiple)


def fits(profile: Profile, node: Mapping[str, Any]) -> Optional[Problem]:
    """Say why a node cannot carry the profile. What is not known about the node cannot be held against it."""
    for device in node.get("accelerators") or []:
        if device.get("vendor") != "nvidia":
            continue
        product, compute = str(device.get("product") or ""), device.get("compute")
        if profile.kind == "mps" and compute and compare(compute, "7.5") == -1 and profile.replicas > MPS_CLIENTS_OLD:
            return Problem(
                subject=f"node {node['name']}",
                message=f"Profile {profile.name!r} asks for {profile.replicas} MPS clients; "
                f"{product or 'this device'} has compute capability {compute}, which allows {MPS_CLIENTS_OLD}.",
                next_step=f"Lower mps.replicas to {MPS_CLIENTS_OLD} in a profile for these nodes, or use time_slicing.",
            )
        problem = _uncuttable(profile, node, product) if profile.kind == "mig" else None
        if problem:
            return problem
    return None


def _uncuttable(profile: Profile, node: Mapping[str, Any], product: str) -> Optional[Problem]:
    """Say why the cards cannot be cut so. The product tells, not the memory: that of a card that is cut already is its
    slices'."""
    known, wanted = NVIDIA.known(product), profile_of_config(profile.mig_config)
    possible = known.slices if known else None
    if possible is None or profile.mig_config == WHOLE_CARDS or wanted in possible or (possible and not wanted):
        return None
    return Problem(
        subject=f"node {node['name']}",
        message=f"Profile {profile.name!r} cuts into {wanted or 'slices'}, which {product} does not have.",
        next_step=f"It has {', '.join(possible)}." if possible else "It has no MIG: use time_slicing or mps.",
    )
