# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What nodes and pods say of themselves under status.conditions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_ready(item: Mapping[str, Any]) -> bool:
    """Say whether a node or a pod is ready."""
    conditions = (item.get("status") or {}).get("conditions") or []
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
