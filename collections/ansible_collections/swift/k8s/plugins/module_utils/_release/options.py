# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the user asked for: options of the module, and one value object a release."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import budget, yamldoc
from .errors import RefusedError

STATES = ("present", "absent", "rolled_back")

#: Values that the role gives the chart where the user gives none. Where the vendor's runtime is not the nodes' default,
#: a pod without its class gets no device; the chart leaves auto away where the cluster has no such class.
ROLE_VALUES: dict[str, Any] = {"runtimeClassName": "auto"}

#: Keys of an entry of the role that are not options of the module.
ROLE_KEYS = ("model", "checks", "question")

#: Options of one release. At the top of the task they stand for the single release or for the defaults of all.
ENTRY: dict[str, Any] = {
    "name": {"type": "str", "aliases": ["release_name"]},
    "namespace": {"type": "str", "aliases": ["release_namespace"]},
    "state": {"type": "str", "choices": list(STATES), "aliases": ["release_state"]},
    "chart": {"type": "str", "aliases": ["chart_ref"]},
    "chart_version": {"type": "str"},
    "chart_repo_url": {"type": "str"},
    "chart_digest": {"type": "str"},
    "values": {"type": "dict", "aliases": ["release_values"]},
    "values_files": {"type": "list", "elements": "path"},
    "secret_values": {"type": "dict", "no_log": True},
    "labels": {"type": "dict"},
    "create_namespace": {"type": "bool"},
    "namespace_labels": {"type": "dict"},
    "wait": {"type": "bool"},
    "wait_for_jobs": {"type": "bool"},
    "wait_timeout": {"type": "str", "aliases": ["timeout"]},
    "drift": {"type": "str", "choices": ["ignore", "report", "repair"]},
    "repair_stuck": {"type": "bool"},
    "stuck_after": {"type": "int"},
    "on_failure": {"type": "str", "choices": ["rollback", "keep"]},
    "atomic": {"type": "bool"},
    "recreate": {"type": "list", "elements": "str"},
    "strategy_value": {"type": "str"},
    "strategy": {"type": "str", "choices": ["in_place", "blue_green"]},
    "keep_old": {"type": "int"},
    "probe": {"type": "dict"},
    "front_service": {"type": "dict"},
    "revision": {"type": "int"},
    "keep_volumes": {"type": "bool"},
    "history_max": {"type": "int"},
    "skip_crds": {"type": "bool"},
    "disable_hook": {"type": "bool"},
    "replace_chart": {"type": "bool"},
    "take_ownership": {"type": "bool"},
    "skip_schema_validation": {"type": "bool"},
    "plain_http": {"type": "bool"},
    "insecure_skip_tls_verify": {"type": "bool", "aliases": ["skip_tls_certs_check"]},
}
#: Options of the module besides those of the connection.
ARGUMENTS: dict[str, Any] = {
    **ENTRY,
    "releases": {"type": "list", "elements": "dict", "options": ENTRY},
    "binary_path": {"type": "path"},
    "progress_file": {"type": "path"},
    "cluster_uid": {"type": "str"},
}
DEFAULTS: dict[str, Any] = {
    "state": "present",
    "create_namespace": False,
    "wait": True,
    "wait_for_jobs": False,
    "drift": "repair",
    "repair_stuck": False,
    "stuck_after": 900,
    "on_failure": "rollback",
    "keep_volumes": True,
    "history_max": 10,
    "skip_crds": False,
    "disable_hook": False,
    "replace_chart": False,
    "take_ownership": False,
    "skip_schema_validation": False,
    "plain_http": False,
    "insecure_skip_tls_verify": False,
}
_NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")


@dataclass(frozen=True)
class Wanted:
    """One release as the user wants it; every option decided."""

    name: str
    namespace: str
    state: str = "present"
    chart: str = ""
    chart_version: str = ""
    chart_repo_url: str = ""
    chart_digest: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    create_namespace: bool = False
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    wait: bool = True
    wait_for_jobs: bool = False
    wait_timeout: int = 0  # as long as the pods declare
    drift: str = "repair"
    repair_stuck: bool = False
    stuck_after: int = 900
    on_failure: str = "rollback"
    recreate: tuple[str, ...] = ()
    strategy_value: str = ""
    strategy: str = "in_place"
    keep_old: int = 3600
    probe: Mapping[str, Any] = field(default_factory=dict)
    front_service: Mapping[str, Any] = field(default_factory=dict)
    revision: int | None = None
    keep_volumes: bool = True
    history_max: int = 10
    skip_crds: bool = False
    disable_hook: bool = False
    replace_chart: bool = False
    take_ownership: bool = False
    skip_schema_validation: bool = False
    plain_http: bool = False
    insecure_skip_tls_verify: bool = False

    @property
    def title(self) -> str:
        return f"{self.namespace}/{self.name}"

    def digest(self, chart_identity: str) -> str:
        """sha256 over everything that decides the manifest."""
        parts = [chart_identity, self.name, self.namespace, self.values]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def wanted(params: Mapping[str, Any]) -> list[Wanted]:
    """The releases of a task: the listed ones, or the single one described by the task's own options."""
    common = {option: params.get(option) for option in ENTRY}
    listed = params.get("releases")
    if listed is None:
        listed = [{}]
    elif common["name"]:
        raise RefusedError(f"name {common['name']} stands beside releases; write it as an entry of releases")
    result = [_one({**DEFAULTS, **_given(common), **_given(entry)}) for entry in listed]
    titles = [one.title for one in result]
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice:
        raise RefusedError(f"release {twice} is listed twice; merge the two entries")
    return result


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {option: value for option, value in options.items() if value is not None}


def _one(options: dict[str, Any]) -> Wanted:
    for needed in ("name", "namespace"):
        if not options.get(needed):
            raise RefusedError(
                f"a release lacks {needed}; add it to the entry"
                + (f" {options['name']}" if options.get("name") else "")
            )
    name = str(options["name"])
    if len(name) > 53 or not _NAME.match(name):
        raise RefusedError(
            f"release name {name}: Helm allows at most 53 characters of a-z, 0-9, '-' and '.'; choose another"
        )
    if options["state"] == "present" and not options.get("chart"):
        raise RefusedError(f"release {name} lacks chart; name a directory, an archive or a repository reference")
    for text in ("labels", "namespace_labels"):
        options[text] = {str(key): str(value) for key, value in options.get(text, {}).items()}
    options["recreate"] = tuple(options.get("recreate", ()))
    options["wait_timeout"] = _seconds(name, str(options.get("wait_timeout", "0")))
    if "atomic" in options:
        options["on_failure"] = "rollback" if options["atomic"] else "keep"
    options["values"] = _values(options)
    known = Wanted.__dataclass_fields__
    return Wanted(**{option: value for option, value in options.items() if option in known})


def _seconds(name: str, text: str) -> int:
    try:
        return budget.seconds(text)
    except ValueError:
        raise RefusedError(
            f"release {name}: wait_timeout {text} is no time; write seconds, or a duration such as 90s, 10m or 1h30m"
        ) from None


def _values(options: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for path in options.get("values_files", ()):
        result = merged(result, _file(os.path.expanduser(path)))
    return merged(merged(result, options.get("values") or {}), options.get("secret_values") or {})


def _file(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as stream:
            data = yamldoc.load(stream.read())
    except (OSError, ValueError) as error:
        raise RefusedError(f"values file {path}: {error}") from error
    if not isinstance(data, (dict, type(None))):
        raise RefusedError(f"values file {path}: not a mapping of values; correct it")
    return data or {}


def nested(dotted: str, value: Any) -> dict[str, Any]:
    """A value at its place: a.b and 1 make {a: {b: 1}}."""
    first, _dot, rest = dotted.partition(".")
    return {first: nested(rest, value) if rest else value}


def has(values: Mapping[str, Any], dotted: str) -> bool:
    """Whether the user decided this value."""
    first, _dot, rest = dotted.partition(".")
    inner = values.get(first)
    return has(inner, rest) if rest and isinstance(inner, Mapping) else first in values


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Helm's merge of values: mappings are merged, everything else is replaced."""
    result = dict(copy.copy(base))
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return result
