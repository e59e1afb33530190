# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The rights that each stage uses, as tables. Pure.

Not among them: Secrets of the whole cluster. Helm's records elsewhere are only looked at where that is allowed anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .path import MISSING, lookup
from .wishes import SERVICES

WRITE = ("get", "list", "create", "patch")
# helm reads and writes whole objects, and removes what a newer chart no longer has.
HELM = ("get", "list", "create", "update", "patch", "delete")
POD = ("get", "list", "create", "delete")
Data = Mapping[str, Any]
Rows = tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Access:
    """Verbs on one resource; an empty namespace means the whole cluster.

    optional: without it the run knows less, and says so, but works.
    """

    group: str
    resource: str
    verbs: tuple[str, ...]
    namespace: str = ""
    optional: bool = False

    def checks(self) -> list[dict[str, str]]:
        """Return one SelfSubjectAccessReview's resourceAttributes a verb."""
        resource, _slash, part = self.resource.partition("/")
        where = {"group": self.group, "resource": resource, "subresource": part, "namespace": self.namespace}
        return [{"verb": verb, **{key: value for key, value in where.items() if value}} for verb in self.verbs]


_RBAC = "rbac.authorization.k8s.io"
LOOK: Rows = (
    ("", "nodes", ("get", "list")),
    ("", "pods", ("list",)),
    ("", "namespaces", ("get", "list")),
    ("", "events", ("list",)),
    ("apps", "daemonsets", ("list",)),
    ("storage.k8s.io", "storageclasses", ("list",)),
    ("node.k8s.io", "runtimeclasses", ("list",)),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", ("list",)),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", ("list",)),
    ("discovery.k8s.io", "endpointslices", ("list",)),
)
#: API group that must be served -> kind to look at.
LOOK_WHERE_SERVED: dict[str, tuple[str, str]] = {
    "resource.k8s.io/": ("resource.k8s.io", "resourceslices"),
    "nvidia.com/": ("nvidia.com", "clusterpolicies"),
    "npu.openfuyao.com/": ("npu.openfuyao.com", "npuclusterpolicies"),
}
PLUGIN: Rows = (
    ("", "namespaces", WRITE),
    ("node.k8s.io", "runtimeclasses", WRITE),
    (_RBAC, "clusterroles", HELM),
    (_RBAC, "clusterrolebindings", HELM),
)
PLUGIN_INSIDE: Rows = (
    ("apps", "daemonsets", HELM),
    ("", "serviceaccounts", HELM),
    ("", "pods", ("get", "list")),
    ("", "pods/log", ("get",)),
    ("", "events", ("list",)),
)
#: A Service of the release's name would tell of two colours.
CHART_INSIDE: Rows = (("", "secrets", HELM), ("", "configmaps", HELM), ("", "services", ("get",)))
#: Nobody may hand out more than they have: the rules of the ClusterRoles that the plugins get.
HANDED_OUT: dict[str, Rows] = {
    "nvidia": (("", "nodes", ("get", "list", "watch")),),
    "ascend": (
        ("", "pods", ("get", "list", "update", "watch", "patch")),
        ("", "nodes", ("get", "patch")),
        ("", "nodes/proxy", ("get",)),
        ("", "nodes/status", ("get", "patch", "update")),
        ("", "configmaps", ("get", "create", "update", "list", "watch")),
        ("", "events", ("create",)),
    ),
}
#: mig-manager hands out more, and a role of its own.
MIG_MANAGER: Rows = (("", "nodes", ("get", "list", "watch", "patch")), ("", "pods", ("get", "list", "watch")))
MIG_MANAGER_INSIDE: Rows = (
    (_RBAC, "roles", WRITE),
    (_RBAC, "rolebindings", WRITE),
    ("", "pods", ("delete",)),
    ("", "configmaps", ("get", "create", "update")),
)
#: Node feature discovery brings roles of its own, which are not known here.
NFD: Rows = ((_RBAC, "clusterroles", ("escalate", "bind")),)
NFD_INSIDE: Rows = (
    ("apps", "deployments", HELM),
    ("batch", "jobs", HELM),
    (_RBAC, "roles", (*HELM, "escalate", "bind")),
    (_RBAC, "rolebindings", HELM),
)
CLAIM: Rows = (("", "persistentvolumeclaims", (*WRITE, "delete")),)
VOLUME: Rows = (("", "persistentvolumes", WRITE),)
#: Claims are compared with the volumes and classes there are; why one is not bound, its events and pods tell.
STORAGE_LOOK: Rows = (
    ("", "namespaces", ("get",)),
    ("", "persistentvolumes", ("list", "patch")),
    ("storage.k8s.io", "storageclasses", ("list",)),
)
STORAGE_INSIDE: Rows = (("", "pods", ("list", "delete")), ("", "events", ("list",)))
CLASS: Rows = (("storage.k8s.io", "storageclasses", (*WRITE, "delete")),)
SEEDING: Rows = (
    ("batch", "jobs", ("get", "list", "create", "delete")),
    ("batch", "cronjobs", ("list", "create", "patch", "delete")),
    ("coordination.k8s.io", "leases", ("get", "create", "update", "delete")),
    ("", "configmaps", ("get", "create", "patch", "delete")),
    ("", "persistentvolumeclaims", ("get",)),
    ("", "pods", ("list",)),
    ("", "pods/log", ("get",)),
    ("", "events", ("list",)),
)
#: The volume behind a claim of ours is kept when the claim goes.
SEEDED: Rows = (("", "persistentvolumes", ("get", "patch")),)
#: One node serves its directory of models to the others.
NODE_CACHES: Rows = (
    ("", "pods", ("get", "create", "patch", "delete")),
    ("", "services", ("get", "create", "patch", "delete")),
)
#: A cluster that keeps serving its models to the others of its site.
SITE_HUB: Rows = (
    ("apps", "deployments", ("get", "create", "patch", "delete")),
    ("", "services", ("get", "create", "patch", "delete")),
)
PODS: Rows = (("", "pods", POD), ("", "pods/log", ("get",)), ("", "events", ("list",)))
RELEASE: Rows = (
    *(("", name, HELM) for name in ("services", "configmaps", "secrets")),
    # Those of a Deployment that is made again serve until the new pods do.
    ("apps", "replicasets", ("list", "patch", "delete")),
    ("", "pods", ("get", "list", "delete")),
    ("", "pods/log", ("get",)),
    # The client connects by WebSocket, which is a GET.
    ("", "pods/portforward", ("get", "create")),
    ("", "events", ("list",)),
)
_SERVICES = (None, *SERVICES)


def _on(value: Any) -> bool:
    """A switch that the chart leaves off."""
    return value is True


def _not_off(value: Any) -> bool:
    """A switch that the chart has on."""
    return value is not False


def _scaled_by(kind: str) -> Callable[[Any], bool]:
    return lambda value: bool((value or {}).get("enabled")) and (value.get("type") or "hpa") == kind


#: What the chart renders beside: the value that decides, when it does, and the resource.
RENDERED: tuple[tuple[str, Callable[[Any], bool], str, str], ...] = (
    ("task", lambda task: task in _SERVICES, "apps", "deployments"),
    ("task", lambda task: task not in _SERVICES, "batch", "jobs"),
    ("engine.nodes", lambda nodes: int(nodes or 1) > 1, "leaderworkerset.x-k8s.io", "leaderworkersets"),
    ("job.schedule", bool, "batch", "cronjobs"),
    ("serviceAccount.create", _not_off, "", "serviceaccounts"),
    ("networkPolicy.enabled", _not_off, "networking.k8s.io", "networkpolicies"),
    ("ingress.enabled", _on, "networking.k8s.io", "ingresses"),
    ("httpRoute.enabled", _on, "gateway.networking.k8s.io", "httproutes"),
    ("podDisruptionBudget.enabled", _on, "policy", "poddisruptionbudgets"),
    ("autoscaling", _scaled_by("hpa"), "autoscaling", "horizontalpodautoscalers"),
    ("autoscaling", _scaled_by("keda"), "keda.sh", "scaledobjects"),
    ("metrics.serviceMonitor.enabled", _on, "monitoring.coreos.com", "servicemonitors"),
    ("metrics.prometheusRule.enabled", _on, "monitoring.coreos.com", "prometheusrules"),
)


def given(
    rows: Iterable[tuple[str, str, tuple[str, ...]]], namespace: str = "", optional: bool = False
) -> list[Access]:
    """Return rows of a table as accesses."""
    return [Access(group, resource, verbs, namespace, optional) for group, resource, verbs in rows]


def rendered(values: Data, namespace: str) -> list[Access]:
    """Return the access to what the chart renders for the values."""
    found = given(RELEASE, namespace)
    for path, decides, group, resource in RENDERED:
        value = lookup(values, path)
        if decides(None if value is MISSING else value):
            found.append(Access(group, resource, HELM, namespace))
    claim = lookup(values, "cache.existingClaim")
    if (claim is MISSING or not claim) and lookup(values, "cache.enabled") is not False:
        found += given(CLAIM, namespace)
    return found
