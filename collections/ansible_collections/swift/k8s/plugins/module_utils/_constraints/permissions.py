# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the credentials must be allowed to do for the wishes, and the rule to ask for where they are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WRITE = ("create", "patch")
# helm reads and writes whole objects, and removes what a newer chart no longer has.
HELM = ("get", "create", "patch", "delete")


@dataclass(frozen=True)
class Access:
    """Verbs on one resource; an empty namespace means the whole cluster."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    namespace: str = ""

    def checks(self) -> list[dict[str, str]]:
        """Return one SelfSubjectAccessReview's resourceAttributes a verb."""
        resource, _slash, part = self.resource.partition("/")
        where = {"group": self.group, "resource": resource, "subresource": part, "namespace": self.namespace}
        return [{"verb": verb, **{key: value for key, value in where.items() if value}} for verb in self.verbs]


def needed(wishes: Mapping[str, Any], plan: Mapping[str, Any]) -> list[Access]:
    """Return the access that the run will use."""
    access: list[Access] = []
    if plan.get("labels"):
        access.append(Access("", "nodes", ("patch",)))
    for vendor, part in (plan.get("vendors") or {}).items():
        if part.get("action") == "install" and part.get("nodes"):
            access += _plugin(part["options"].get("namespace") or "kube-system", helm=vendor == "nvidia")
    for claim in wishes["claims"]:
        access.append(Access("", "persistentvolumeclaims", WRITE, claim["namespace"]))
        if any(claim.get(source) for source in ("nfs", "oss", "local", "shared_from")):
            access.append(Access("", "persistentvolumes", WRITE))
    if wishes["models"]:
        access += _seeding(wishes["namespace"])
    for namespace in {release["namespace"] for release in wishes["releases"]}:
        access += [
            Access("apps", "deployments", HELM, namespace),
            Access("batch", "jobs", HELM, namespace),
            Access("networking.k8s.io", "networkpolicies", HELM, namespace),
            *(Access("", name, HELM, namespace) for name in ("services", "configmaps", "secrets", "serviceaccounts")),
            Access("", "pods", ("list",), namespace),
            Access("", "pods/log", ("get",), namespace),
        ]
    return sorted(set(access), key=lambda item: (item.namespace, item.group, item.resource))


def _seeding(namespace: str) -> list[Access]:
    """A Job with its ConfigMap and log, the site's Lease, and a look at the nightly verification."""
    return [
        Access("batch", "jobs", ("get", "list", "create", "delete"), namespace),
        Access("batch", "cronjobs", ("get",), namespace),
        Access("coordination.k8s.io", "leases", ("get", "create", "update", "delete"), namespace),
        Access("", "configmaps", HELM, namespace),
        Access("", "pods", ("list",), namespace),
        Access("", "pods/log", ("get",), namespace),
    ]


def _plugin(namespace: str, helm: bool) -> list[Access]:
    verbs = HELM if helm else WRITE
    access = [
        Access("", "namespaces", WRITE),
        Access("node.k8s.io", "runtimeclasses", WRITE),
        Access("rbac.authorization.k8s.io", "clusterroles", verbs),
        Access("rbac.authorization.k8s.io", "clusterrolebindings", verbs),
        Access("apps", "daemonsets", verbs, namespace),
        Access("", "serviceaccounts", verbs, namespace),
    ]
    return (
        [*access, Access("", "secrets", verbs, namespace), Access("", "configmaps", verbs, namespace)]
        if helm
        else access
    )


def subjects(access: Iterable[Access], allowed: Iterable[bool]) -> list[dict[str, Any]]:
    """Return one subject for the cluster and each namespace where something is denied; `allowed` answers in order."""
    answers = iter(allowed)
    denied: dict[str, dict[tuple[str, str], set[str]]] = {}
    for item in access:
        verbs = {verb for verb in item.verbs if not next(answers)}
        if verbs:
            denied.setdefault(item.namespace, {}).setdefault((item.group, item.resource), set()).update(verbs)
    return [_subject(namespace, denied[namespace]) for namespace in sorted(denied)]


def _subject(namespace: str, denied: Mapping[tuple[str, str], set[str]]) -> dict[str, Any]:
    """Say what is missing, and which rules of a Role or ClusterRole would allow it; equal verbs share a rule."""
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), verbs in sorted(denied.items()):
        together.setdefault((group, tuple(sorted(verbs))), []).append(resource)
    rules = [
        f"{{apiGroups: ['{group}'], resources: [{', '.join(resources)}], verbs: [{', '.join(verbs)}]}}"
        for (group, verbs), resources in together.items()
    ]
    return {
        "subject": f"namespace {namespace}" if namespace else "cluster",
        "resources": ", ".join(sorted({resource for _group, resource in denied})),
        "role": f"Role in {namespace}" if namespace else "ClusterRole",
        "rules": "; ".join(rules),
        "allowed": False,
    }
