# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What code that only looks needs of a cluster; Cluster is one, and so is whatever stands before it."""

from __future__ import annotations

from typing import Any, Optional, Protocol

Objects = list[dict[str, Any]]


class Reader(Protocol):
    """Looks at objects."""

    def get(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None) -> Optional[dict[str, Any]]:
        """Return an object or None."""

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: Optional[str] = None,
        label_selector: Optional[str] = None,
        field_selector: Optional[str] = None,
    ) -> Objects:
        """Return objects of a kind."""
