# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""ResourceSlices: drivers that publish devices for dynamic resource allocation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._accelerator.vendors import VENDORS

VERSIONS = ("resource.k8s.io/v1", "resource.k8s.io/v1beta2", "resource.k8s.io/v1beta1")


def publisher(resource_slice: Mapping[str, Any]) -> tuple[str, str] | None:
    """A known vendor's driver, and the node whose devices the slice lists."""
    spec = resource_slice["spec"]
    known = {row.name for vendor in VENDORS for row in vendor.drivers}
    driver, node = spec.get("driver"), spec.get("nodeName")
    return (driver, node) if driver in known and node and spec.get("devices") else None
