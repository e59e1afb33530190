# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The Service in front of two colours: where it leads, since when, and whether it still says so. Pure."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from . import drift
from .drift import Finding
from .errors import RefusedError
from .objects import Key, Object
from .plan import moment

#: Label and annotations of the Service that callers use.
FRONT = "swift.k8s/front"
COLOUR, SINCE, RETURNED = "swift.k8s/colour", "swift.k8s/switched-at", "swift.k8s/rolled-back"
#: What the spec was made from, so that another wish is told from an edit by hand.
WANTED = "swift.k8s/wanted"
_COPIED = ("ports", "selector", "ipFamilyPolicy", "ipFamilies", "sessionAffinity")


@dataclass(frozen=True)
class Front:
    """Where the Service leads, and since when; no colour before the first switch."""

    colour: str = ""
    since: str = ""
    returned: bool = False
    live: Object = field(default_factory=dict)

    @property
    def other(self) -> str:
        return "green" if self.colour == "blue" else "blue"

    def kept_seconds(self, now: datetime) -> float:
        """How long the other colour has been kept."""
        return (now - moment(self.since)).total_seconds() if self.since else 0.0


def is_front(service: Object | None) -> bool:
    """Whether strategy: blue_green made this Service."""
    return service is not None and FRONT in (service["metadata"].get("labels") or {})


def read(title: str, service: Object | None) -> Front:
    """What the live Service says. Raises RefusedError when it belongs to somebody else."""
    if service is None:
        return Front()
    if not is_front(service):
        raise RefusedError(
            f"Service {title} is not one that strategy: blue_green made, so it will not be switched; "
            "delete it, or give the release another name"
        )
    notes = service["metadata"].get("annotations") or {}
    return Front(str(notes.get(COLOUR, "")), str(notes.get(SINCE, "")), RETURNED in notes, service)


def service_of(title: str, declared: Mapping[Key, Object]) -> Object:
    """The colour's own Service: the one that leads to the pods of its workloads."""
    for key, item in declared.items():
        selector = (item.get("spec") or {}).get("selector") or {}
        if key.kind == "Service" and selector and any(_selects(selector, other) for other in declared.values()):
            return item
    raise RefusedError(f"release {title}: its chart makes no Service for its pods, so there is nothing to switch")


def _selects(selector: Mapping[str, Any], workload: Object) -> bool:
    spec = workload.get("spec") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    return bool(labels) and all(labels.get(key) == value for key, value in selector.items())


def service(
    name: str,
    namespace: str,
    colour: str,
    since: datetime,
    own: Object,
    over: Mapping[str, Any],
    returned: bool = False,
) -> dict[str, Any]:
    """The Service that callers use, leading to the pods behind the colour's own; over: fields of the user's."""
    spec = {**{key: copy.deepcopy(own["spec"][key]) for key in _COPIED if key in own["spec"]}, **over}
    notes = {
        COLOUR: colour,
        SINCE: since.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        WANTED: hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16],
        **({RETURNED: "true"} if returned else {}),
    }
    labels = {"app.kubernetes.io/managed-by": "swift-k8s", FRONT: name}
    metadata = {"name": name, "namespace": namespace, "labels": labels, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def edits(expected: Object, live: Object) -> list[Finding]:
    """Where the live Service is no longer as it was made."""
    metadata = expected["metadata"]
    key = Key("v1", "Service", metadata["namespace"], metadata["name"])
    return drift.findings({key: expected}, {key: live})


def wish_changed(expected: Object, live: Object) -> bool:
    """Whether the Service was made from another wish than the present one."""
    before = (live["metadata"].get("annotations") or {}).get(WANTED)
    return bool(before != expected["metadata"]["annotations"][WANTED])
