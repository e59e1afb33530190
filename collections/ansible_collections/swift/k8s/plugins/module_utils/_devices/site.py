# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a vendor's part of the plan is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Site:
    """The vendor's complete options, the nodes of the cluster, and which of them were chosen by which entry."""

    options: Mapping[str, Any]
    nodes: Mapping[str, Mapping[str, Any]]
    chosen: Mapping[str, Mapping[str, Any]]
    registry: str = ""
    apis: tuple[str, ...] = ()
