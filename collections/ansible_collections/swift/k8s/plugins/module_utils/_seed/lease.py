# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""One seeder a site owns the link: a Lease that names the Job which has it (pure).

The Job itself has no rights in the cluster, so nobody renews the Lease. It is held as long as the Job that it names is
active: that survives the death of the Ansible run, and needs no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from .labels import LABELS, object_name
from .wish import Wish

API = "coordination.k8s.io/v1"


def name(site: str) -> str:
    """The Lease's name."""
    return object_name("swift-k8s-site", site.lower())


def holder(lease: Optional[Mapping[str, Any]]) -> tuple[str, str]:
    """Namespace and name of the Job that a Lease names; empty when it names none."""
    identity = ((lease or {}).get("spec") or {}).get("holderIdentity") or ""
    namespace, _slash, job = identity.partition("/")
    return namespace, job


def build(wish: Wish, job: str, found: Optional[Mapping[str, Any]]) -> dict[str, Any]:
    """The Lease that gives the site to a Job. A found one is replaced at its version, so that only one taker wins."""
    meta: dict[str, Any] = {"name": name(wish.site), "namespace": wish.site_namespace, "labels": dict(LABELS)}
    if found:
        meta["resourceVersion"] = found["metadata"].get("resourceVersion")
    spec = {"holderIdentity": f"{wish.namespace}/{job}"}
    return {"apiVersion": API, "kind": "Lease", "metadata": meta, "spec": spec}
