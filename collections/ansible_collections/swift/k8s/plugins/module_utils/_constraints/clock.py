# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Clocks of nodes, read from the leases that every kubelet renews by its own clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

# A kubelet renews its lease every 10 s; a lease that old says nothing bad about the clock.
RENEWAL_SECONDS = 15


def skews(leases: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """Return node -> seconds by which its clock surely differs from `now`."""
    result = {}
    for lease in leases:
        renewed = (lease.get("spec") or {}).get("renewTime")
        if not renewed:
            continue
        age = (now - parse(renewed)).total_seconds()
        result[lease["metadata"]["name"]] = round(-age if age < 0 else max(0.0, age - RENEWAL_SECONDS))
    return result


def parse(text: str) -> datetime:
    """Return a Kubernetes time stamp, with or without fractions."""
    moment = text.rstrip("Z")
    pattern = "%Y-%m-%dT%H:%M:%S.%f" if "." in moment else "%Y-%m-%dT%H:%M:%S"
    return datetime.strptime(moment, pattern).replace(tzinfo=timezone.utc)
