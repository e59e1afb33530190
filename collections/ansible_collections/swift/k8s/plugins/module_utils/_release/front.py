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

from .colours import COLOURS
from .errors import RefusedError
from .objects import Key, Object, labels, selects, template
from .options import Wanted
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
        return COLOURS[1] if self.colour == COLOURS[0] else COLOURS[0]

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
        selector = (item.get("spec") or {}).get("selector")
        if key.kind == "Service" and any(selects(selector, labels(template(other))) for other in declared.values()):
            return item
    raise RefusedError(f"release {title}: its chart makes no Service for its pods, so there is nothing to switch")


def service(wanted: Wanted, colour: str, since: datetime, own: Object, returned: bool = False) -> dict[str, Any]:
    """The Service that callers use, leading to the pods behind the colour's own, with the user's fields over it."""
    spec = {**{key: copy.deepcopy(own["spec"][key]) for key in _COPIED if key in own["spec"]}, **wanted.front_service}
    notes = {
        COLOUR: colour,
        SINCE: since.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        WANTED: hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:16],
        **({RETURNED: "true"} if returned else {}),
    }
    marks = {"app.kubernetes.io/managed-by": "swift-k8s", FRONT: wanted.name}
    metadata = {"name": wanted.name, "namespace": wanted.namespace, "labels": marks, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def wish_changed(expected: Object, live: Object) -> bool:
    """Whether the Service was made from another wish than the present one."""
    before = (live["metadata"].get("annotations") or {}).get(WANTED)
    return bool(before != expected["metadata"]["annotations"][WANTED])
