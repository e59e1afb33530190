# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""A claim as the user wishes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .arguments import ACCESS_MODES, CLAIM_ARGS
from .errors import StorageError
from .quantity import bytes_of, text_of

MANAGED_BY = {"app.kubernetes.io/managed-by": "swift-k8s"}
#: Options that say where a static volume lives; a claim has at most one of them.
SOURCES = ("nfs", "oss", "csi", "local", "shared_from")
#: A size without its unit is bytes to Kubernetes; no claim for models is below this many.
LEAST_BYTES = 2**20
DEFAULT_SIZE = "100Gi"
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAMESPACE = re.compile(r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def is_namespace(name: str) -> bool:
    """Whether Kubernetes takes it as the name of a namespace."""
    return bool(_NAMESPACE.fullmatch(name))


@dataclass(frozen=True)
class Claim:
    """One wished claim; `source` is empty for a claim that a StorageClass serves."""

    name: str
    namespace: str
    state: str
    access_modes: tuple[str, ...]
    size: str
    #: whether the size was asked for: what is there is not measured by the default
    sized: bool
    storage_class: Optional[str]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    source: str
    source_options: Mapping[str, Any]
    delete_data: bool

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name, by which claims are told apart."""
        return self.namespace, self.name

    @property
    def volume_name(self) -> str:
        """The name of the static volume that serves this claim."""
        return f"swift-k8s-{self.namespace}-{self.name}"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def parse(option: Mapping[str, Any], namespace: str) -> Claim:
    """The claim that one entry of the module's `claims` describes."""
    sources = [key for key in SOURCES if option.get(key)]
    where = f"{option.get('namespace') or namespace}/{option['name']}"
    if len(sources) > 1:
        raise StorageError(
            f"claim {where} names {' and '.join(sources)}. A claim lives in one place: keep one of them."
        )
    if sources and option.get("storage_class"):
        raise StorageError(
            f"claim {where} names {sources[0]} and storage_class '{option['storage_class']}'. "
            "A static volume has no class: remove storage_class, or remove the other."
        )
    if not _NAME.fullmatch(option["name"]) or not _NAMESPACE.fullmatch(where.partition("/")[0]):
        raise StorageError(
            f"claim {where} cannot have this name. Kubernetes takes lower-case letters, digits and '-' between them "
            "(63 at most for a namespace): rename it."
        )
    if option["state"] == "present":
        _refuse_nonsense(where, option, sources)
    return Claim(
        name=option["name"],
        namespace=option.get("namespace") or namespace,
        state=option["state"],
        access_modes=tuple(option["access_modes"]),
        size=option.get("size") or DEFAULT_SIZE,
        sized=bool(option.get("size")),
        storage_class="" if sources else option.get("storage_class"),
        labels={**texts(option.get("labels")), **MANAGED_BY},
        annotations=texts(option.get("annotations")),
        source=sources[0] if sources else "",
        source_options=dict(option[sources[0]]) if sources else {},
        delete_data=bool(option.get("delete_data")),
    )


def texts(values: Optional[Mapping[str, Any]]) -> dict[str, str]:
    """Labels, annotations or parameters in the one type that they have."""
    return {key: text_of(value) for key, value in (values or {}).items()}


def _refuse_nonsense(where: str, option: Mapping[str, Any], sources: list[str]) -> None:
    """What the API server would refuse half-way, or take and never serve."""
    if option.get("size") and bytes_of(option["size"]) < LEAST_BYTES:
        raise StorageError(f"claim {where} asks for size '{option['size']}', too few bytes: write a unit, e.g. 200Gi.")
    if not option["access_modes"]:
        raise StorageError(f"claim {where} has no access_modes: write one of {', '.join(ACCESS_MODES)}.")
    for source in sources:
        for name, spec in CLAIM_ARGS[source]["options"].items():
            if spec.get("required") and not option[source][name]:
                raise StorageError(f"claim {where}: {source}.{name} is empty. Write it, or remove {source}.")
        path = option[source].get("path") or "/"
        if not path.startswith("/"):
            raise StorageError(
                f"claim {where}: {source}.path '{path}' is not absolute. Write it from the root, /{path}."
            )


def parse_all(options: list[dict[str, Any]], namespace: str) -> list[Claim]:
    """All wished claims; a name that comes twice is an error, and so is a volume's."""
    claims: dict[tuple[str, str], Claim] = {}
    volumes: dict[str, Claim] = {}
    for option in options:
        claim = parse(option, namespace)
        if claim.key in claims:
            raise StorageError(f"claim {claim} is listed twice. Keep one of the entries.")
        claims[claim.key] = claim
        if claim.source and claim.state == "present":
            other = volumes.setdefault(claim.volume_name, claim)
            if other is not claim:
                raise StorageError(
                    f"claims {other} and {claim} name one volume, {claim.volume_name}. Rename one of them."
                )
    return list(claims.values())
