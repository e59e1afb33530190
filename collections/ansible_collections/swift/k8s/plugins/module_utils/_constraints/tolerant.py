# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A cluster that is looked at with few rights: what may not be seen is empty, and remembered."""

from __future__ import annotations

from typing import Any, Optional

from .._cluster.errors import Forbidden
from .._cluster.reader import Objects, Reader


class Tolerant:
    """Looks like a cluster; `unseen` says which kinds the credentials may not see."""

    def __init__(self, cluster: Reader) -> None:
        self._cluster = cluster
        self.unseen: list[str] = []

    def get(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None) -> Optional[dict[str, Any]]:
        """Return an object; None where it does not exist or may not be seen."""
        try:
            return self._cluster.get(api_version, kind, name, namespace=namespace)
        except Forbidden:
            self._miss(f"{kind} {name}", namespace)
            return None

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: Optional[str] = None,
        label_selector: Optional[str] = None,
        field_selector: Optional[str] = None,
    ) -> Objects:
        """Return objects of a kind; none where they may not be listed."""
        try:
            return self._cluster.list(api_version, kind, namespace, label_selector, field_selector)
        except Forbidden:
            self._miss(kind, namespace)
            return []

    def _miss(self, what: str, namespace: Optional[str]) -> None:
        text = f"{what} of {namespace or 'the cluster'} may not be seen"
        if text not in self.unseen:
            self.unseen.append(text)
