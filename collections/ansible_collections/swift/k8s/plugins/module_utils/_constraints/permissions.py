# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the credentials must be allowed to do for the wishes, and the roles to ask for where they are not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Any

from . import rights
from .rights import Access, given

Data = Mapping[str, Any]
ROLE = "swift-k8s"
_API = "rbac.authorization.k8s.io"
_SOURCES = ("nfs", "oss", "csi", "local", "shared_from")


def needed(wishes: Data, plan: Data, apis: Iterable[str] = (), absent: Iterable[str] = ()) -> list[Access]:
    """Return the access that the run will use, and that with which preflight sees more.

    `apis` are the group versions that the cluster serves, `absent` the wished namespaces that it does not have.
    """
    wished = wishes["releases"]
    access = _looking(apis, {item["namespace"] for item in [*wished, *wishes["claims"]]})
    if plan.get("labels"):
        access += [Access("", "nodes", ("get", "list", "patch"))]
    for vendor, part in (plan.get("vendors") or {}).items():
        if part.get("action") == "install" and part.get("nodes"):
            access += _plugin(vendor, part)
    if any(absent):
        access.append(Access("", "namespaces", ("get", "create")))
    access += _storage(wishes)
    if wishes["models"]:
        access += [*given(rights.SEEDING, wishes["namespace"]), *given(rights.SEEDED)]
        access += given(rights.SITE_HUB, wishes["namespace"]) if wishes["serves_site"] else []
        access += given(rights.NODE_CACHES, wishes["namespace"]) if wishes["node_caches"] else []
    for release in wished:
        access += rights.rendered(release["values"], release["namespace"])
    for namespace in wishes.get("pod_namespaces") or []:
        access += given(rights.PODS, namespace)
    return sorted(set(access), key=lambda item: (item.namespace, item.group, item.resource, item.verbs, item.optional))


def _storage(wishes: Data) -> list[Access]:
    access = given(rights.CLASS) if wishes["storage_classes"] else []
    if access or wishes["claims"]:
        access += given(rights.STORAGE_LOOK)
    if wishes["claims"]:
        access.append(Access("storage.k8s.io", "csidrivers", ("list",), optional=True))
    for claim in wishes["claims"]:
        access += [*given(rights.CLAIM, claim["namespace"]), *given(rights.STORAGE_INSIDE, claim["namespace"])]
        if any(claim.get(source) for source in _SOURCES):
            access += given(rights.VOLUME)
    return access


def _looking(apis: Iterable[str], namespaces: Iterable[str]) -> list[Access]:
    access = given(rights.LOOK, optional=True)
    access.append(Access("coordination.k8s.io", "leases", ("list",), "kube-node-lease", optional=True))
    for prefix, (group, resource) in rights.LOOK_WHERE_SERVED.items():
        if any(api.startswith(prefix) for api in apis):
            access.append(Access(group, resource, ("list",), optional=True))
    for namespace in sorted(namespaces):
        access += [Access("", name, ("list",), namespace, optional=True) for name in ("limitranges", "resourcequotas")]
    return access


def _plugin(vendor: str, part: Data) -> list[Access]:
    """A plugin that is a chart is known by its values."""
    options, chart = part["options"], "values" in part
    namespace = options.get("namespace") or "kube-system"
    access = [*given(rights.PLUGIN), *given(rights.PLUGIN_INSIDE, namespace)]
    access += given(rights.HANDED_OUT.get(vendor, ()))
    if part.get("mig_manager"):
        access += [*given(rights.MIG_MANAGER), *given(rights.MIG_MANAGER_INSIDE, namespace)]
    if chart:
        access += given(rights.CHART_INSIDE, namespace)
        nfd = (part["values"].get("nfd") or {}).get("enabled")
        access += [*given(rights.NFD), *given(rights.NFD_INSIDE, namespace)] if nfd else []
    return access


Denied = dict[str, dict[tuple[str, str], set[str]]]


def denied(access: Iterable[Access], allowed: Iterable[bool], optional: bool = True) -> Denied:
    """Return namespace -> (group, resource) -> verbs that are refused; `allowed` answers the checks in order."""
    answers, found = iter(allowed), Denied()
    for item in access:
        verbs = {verb for verb in item.verbs if not next(answers)}
        if verbs and (optional or not item.optional):
            found.setdefault(item.namespace, {}).setdefault((item.group, item.resource), set()).update(verbs)
    return found


def subjects(missing: Denied) -> list[dict[str, Any]]:
    """Return one subject for the cluster and each namespace where something that the run needs is denied."""
    return [
        {
            "subject": f"namespace {namespace}" if namespace else "cluster",
            "resources": "; ".join(f"{name} ({', '.join(verbs)})" for name, verbs in _told(missing[namespace])),
            "role": f"Role {ROLE} in {namespace}" if namespace else f"ClusterRole {ROLE}",
            "allowed": False,
        }
        for namespace in sorted(missing)
    ]


def _told(rows: Mapping[tuple[str, str], set[str]]) -> list[tuple[str, list[str]]]:
    names = {(group, resource): f"{resource}.{group}" if group else resource for group, resource in rows}
    return sorted((names[key], sorted(verbs)) for key, verbs in rows.items())


def documents(access: Iterable[Access], user: str = "") -> list[dict[str, Any]]:
    """Return the Roles and the ClusterRole for all of the access, each with its binding where the user is known.

    They are whole, since applying them replaces those of an earlier run. Namespaces come along, as Roles need theirs.
    """
    found: list[dict[str, Any]] = []
    wanted = denied(access, repeat(False))
    for namespace in sorted(wanted):
        metadata = {"name": ROLE, **({"namespace": namespace} if namespace else {})}
        kind = "Role" if namespace else "ClusterRole"
        if namespace and not namespace.startswith("kube-"):
            found.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        found.append(
            {"apiVersion": _API + "/v1", "kind": kind, "metadata": metadata, "rules": _rules(wanted[namespace])}
        )
        if user:
            reference = {"apiGroup": _API, "kind": kind, "name": ROLE}
            binding = {"apiVersion": _API + "/v1", "kind": f"{kind}Binding", "metadata": dict(metadata)}
            found.append({**binding, "roleRef": reference, "subjects": [_account(user)]})
    return found


def _rules(rows: Mapping[tuple[str, str], set[str]]) -> list[dict[str, list[str]]]:
    """Return the rules; resources of a group with equal verbs share one."""
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), verbs in sorted(rows.items()):
        together.setdefault((group, tuple(sorted(verbs))), []).append(resource)
    return [
        {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}
        for (group, verbs), resources in together.items()
    ]


def _account(user: str) -> dict[str, str]:
    parts = user.split(":")
    if user.startswith("system:serviceaccount:") and len(parts) == 4:
        return {"kind": "ServiceAccount", "namespace": parts[2], "name": parts[3]}
    return {"apiGroup": _API, "kind": "User", "name": user}
