# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Kubernetes objects of a manifest: identity, scope, and paths into them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Union

from . import yamldoc
from .errors import ReleaseError

Object = Mapping[str, Any]
#: A step into an object: a map key, the identifying pairs of a list item, or an index of a plain list.
Step = Union[str, "tuple[tuple[str, Any], ...]", int]
Path = tuple[Step, ...]

_CLUSTER_SCOPED = frozenset(
    [
        "Namespace",
        "Node",
        "PersistentVolume",
        "StorageClass",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "PriorityClass",
        "RuntimeClass",
        "IngressClass",
        "CSIDriver",
        "VolumeAttachment",
        "APIService",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "DeviceClass",
        "CertificateSigningRequest",
        "FlowSchema",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "GatewayClass",
    ]
)
_BUILT_IN = ("", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io")


def template(item: Object) -> Object:
    """The pod template of a workload; empty for what has none."""
    return (item.get("spec") or {}).get("template") or {}


def labels(pod: Object) -> Mapping[str, Any]:
    """The labels of an object, or of a template."""
    return (pod.get("metadata") or {}).get("labels") or {}


def selects(selector: Mapping[str, Any] | None, found: Mapping[str, Any]) -> bool:
    """Whether a selector of equal labels is met; an empty one selects nothing."""
    return bool(selector) and all(found.get(name) == value for name, value in (selector or {}).items())


class Key(NamedTuple):
    """Identity of an object; the namespace is empty for cluster-scoped kinds."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"


def scope_known(api_version: str, kind: str) -> bool | None:
    """True for namespaced, False for cluster-scoped, None where only the API server can say."""
    if kind in _CLUSTER_SCOPED:
        return False
    group = api_version.rpartition("/")[0]
    return True if group in _BUILT_IN else None


def parse(manifest: str, namespace: str, namespaced: Callable[[str, str], bool]) -> dict[Key, dict[str, Any]]:
    """The objects of a rendered manifest in its order, with namespaces filled in and lists unpacked."""
    try:
        documents = yamldoc.load_all(manifest)
    except ValueError as error:
        raise ReleaseError(f"the manifest is {error}; correct the template that wrote it") from error
    found: dict[Key, dict[str, Any]] = {}
    for item in _flat(documents):
        metadata = item.setdefault("metadata", {})
        api_version, kind = str(item["apiVersion"]), str(item["kind"])
        scope = scope_known(api_version, kind)
        inside = namespaced(api_version, kind) if scope is None else scope
        place = str(metadata.get("namespace") or namespace) if inside else ""
        if inside:
            metadata["namespace"] = place
        found[Key(api_version, kind, place, str(metadata.get("name", "")))] = item
    return found


def _flat(documents: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for document in documents:
        if not (isinstance(document, dict) and document.get("apiVersion") and document.get("kind")):
            raise ReleaseError(
                "the manifest holds a document without apiVersion and kind; correct the template that wrote it"
            )
        if str(document["kind"]).endswith("List") and isinstance(document.get("items"), list):
            yield from _flat(document["items"])
        else:
            yield document


def is_hook(item: Object) -> bool:
    return "helm.sh/hook" in ((item.get("metadata") or {}).get("annotations") or {})


def kept(item: Object) -> bool:
    """Whether Helm leaves the object behind when the release goes."""
    return ((item.get("metadata") or {}).get("annotations") or {}).get("helm.sh/resource-policy") == "keep"


def text(path: Path) -> str:
    """A path for people: spec.template.spec.containers[name=server].image"""
    parts: list[str] = []
    for step in path:
        if isinstance(step, tuple):
            parts.append("[" + ",".join(f"{key}={value}" for key, value in step) + "]")
        elif isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            quoted = f'["{step}"]' if "." in step or "/" in step else step
            parts.append(quoted if not parts or quoted.startswith("[") else f".{quoted}")
    return "".join(parts)


def images(items: Mapping[Key, Object]) -> list[str]:
    """Every image that the objects' pods name, sorted."""
    return sorted(set(_images([item.get("spec") for item in items.values()])))


def _images(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in ("containers", "initContainers") and isinstance(value, list):
                yield from (str(one["image"]) for one in value if isinstance(one, Mapping) and one.get("image"))
            else:
                yield from _images(value)
    elif isinstance(node, list):
        for value in node:
            yield from _images(value)
