# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The preflight as a whole: look, judge, report."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Protocol

from .._devices import smoke
from .._devices.options import complete
from .._devices.plan import VENDORS
from .._devices.plan import plan as plan_devices
from .._devices.problem import DevicePlanError
from .._release import yamldoc
from .._release.chart import is_local
from .._release.helm import program
from . import hubs, observe, outside, probe, report
from .errors import RuleError
from .evaluate import evaluate, of_level
from .junit import junit
from .registry import Registries, read_auths
from .rules import load, read, silences
from .settle import settle
from .subjects import subjects
from .wishes import normalise

Params = Mapping[str, Any]


class Cluster(observe.Cluster, smoke.Cluster, Protocol):
    """What looking uses of `_cluster`, and what a probe pod needs."""


def run(
    cluster: Cluster,
    facts: Mapping[str, Any],
    credential: Mapping[str, Any],
    params: Params,
    check_mode: bool = False,
) -> dict[str, Any]:
    """Return findings, their table, and the counts by level."""
    rules = load([*params["rules"], *read(params["rule_files"]), *params["extra_rules"]])
    if not rules:
        raise RuleError("there are no rules, so nothing could be found: give rules or rule_files")
    silenced = silences(params["silence"], rules)
    wishes = wished(params)
    plan = device_plan(facts, wishes)
    wishes = settle(wishes, facts, plan)
    wanted = observe.wished_images(facts, wishes, plan)
    foreign = outside.images(wanted, _inside(wishes, params["registries"]))
    # Behind an air gap nobody outside is asked, not even whether an image exists.
    asked = {name: wanted[name] for name in wanted if not (wishes.get("offline") and name in foreign)}
    seen = {
        **observe.observe(cluster, facts, wishes, plan),
        "credential": credential,
        "helm": program("helm", os.environ.get("PATH", "")),
        "charts_missing": _charts_missing(wishes["releases"]),
        "outside": [*foreign, *outside.charts(plan), *outside.models(wishes["models"])],
        "images": observe.images(registries(params), asked) if params["check_images"] else [],
    }
    if params["check_models"]:
        seen["models"] = hubs.unknown(hubs.to_ask(wishes, seen["seeded"]), params["hubs"])
    if params["probe"] and not check_mode:
        seen["probes"] = _probe(cluster, facts, wishes, seen["claims"], params["probe_options"])
    findings = evaluate(rules, subjects(facts, wishes, plan, seen), silenced)
    data = [finding.to_dict() for finding in findings]
    missing = yamldoc.dump_all(seen["roles"]) if seen["roles"] else ""
    _write(params["junit"], junit(params["name"], rules, findings))
    _write(params["json"], json.dumps(data, indent=2) + "\n")
    _write(params["roles"] if missing else None, missing)
    errors, warnings = len(of_level(findings, "error")), len(of_level(findings, "warning"))
    return {
        "findings": data,
        "missing_roles": missing,
        "table": report.table({params["name"]: data}),
        "summary": report.summary(data),
        "headline": report.headline(data, "error" if errors else "warning") if errors or warnings else "",
        "error_count": errors,
        "warning_count": warnings,
    }


def wished(params: Params) -> dict[str, Any]:
    """Return the complete wishes; a probe starts pods beside every release."""
    wishes = normalise(params["wishes"])
    probed = {release["namespace"] for release in wishes["releases"]} if params["probe"] else set()
    return {**wishes, "pod_namespaces": sorted({*(wishes["pod_namespaces"] or []), *probed})}


def roles(cluster: Cluster, params: Params) -> str:
    """Return, as YAML, the roles that are missing where not even nodes may be listed: all wished plugins count."""
    wishes = wished(params)
    vendors: dict[str, dict[str, Any]] = {}
    for vendor in VENDORS:
        given = wishes["device_plugin"].get(vendor.name) or {}
        try:
            options = complete(vendor.variable, given, vendor.defaults, vendor.owners)
        except DevicePlanError as error:
            raise RuleError(str(error)) from error
        if options["nodes"] and options["owner"] in ("auto", vendor.ours):
            values: dict[str, Any] = {"values": {}} if "chart" in options else {}
            vendors[vendor.name] = {"action": "install", "nodes": ["all"], "options": options, **values}
    plan = {"labels": bool(vendors), "vendors": vendors}
    text = yamldoc.dump_all(observe.lacking(cluster, {}, wishes, plan)["roles"])
    _write(params["roles"], text)
    return text


def _probe(cluster: Cluster, facts: Params, wishes: Params, claims: Params, options: Params) -> list[dict[str, Any]]:
    pods = probe.planned(facts, wishes, claims, options)
    return [probe.run(cluster, pod, options["wait_timeout"]) for pod in pods] + probe.unprobed(facts, wishes)


def device_plan(facts: Mapping[str, Any], wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the device plan; options that make no sense become a problem like any other, so that all are shown."""
    try:
        return plan_devices(facts, wishes["device_plugin"], wishes.get("registry") or "")
    except DevicePlanError as error:
        problem = {"subject": "device_plugin", "message": str(error), "next_step": "Correct the inventory."}
        return {"vendors": {}, "labels": {}, "expect": [], "problems": [problem]}


def registries(params: Params) -> Registries:
    """Return how to reach registries."""
    try:
        auths = read_auths(params["registry_auth"]) if params["registry_auth"] else {}
    except (OSError, ValueError) as error:
        raise RuleError(
            f"registry_auth: cannot read {params['registry_auth']!r} as a docker config.json: {error}; "
            "write one with `docker login`, `podman login` or `helm registry login`"
        ) from error
    return Registries(mirrors=params["registries"], auths=auths, ca_file=params["registry_ca"])


def _inside(wishes: Mapping[str, Any], known: Mapping[str, str]) -> set[str]:
    """Return the registries of the site: the mirror, and those that somebody gave an address."""
    return {str(wishes.get("registry") or "").split("/", maxsplit=1)[0], *known}


def _write(path: Optional[str], text: str) -> None:
    """Write a file that was asked for; they are reports, so check mode writes them too."""
    if path:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def _charts_missing(releases: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the charts of releases that would be read from this machine and are not there."""
    named = {str(release["chart"]) for release in releases if release["chart"]}
    return sorted(chart for chart in named if is_local(chart) and not os.path.exists(os.path.expanduser(chart)))
