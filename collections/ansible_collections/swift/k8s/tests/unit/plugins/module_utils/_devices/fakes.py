# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A cluster that answers from lists, for code that only looks (and runs a pod)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

Objects = list[dict[str, Any]]
Checks = list[dict[str, str]]
Answers = list[bool]


class FakeCluster:
    """Objects by kind; `pods_end` is what becomes of pods that are created."""

    def __init__(self, **kinds: Objects) -> None:
        self.kinds = kinds
        self.log = ""
        self.pods_end = "Succeeded"
        self.deleted: list[str] = []
        self.denied: set[tuple[str, str]] = set()

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: Optional[str] = None,
        label_selector: Optional[str] = None,
        field_selector: Optional[str] = None,
    ) -> Objects:
        found = [item for item in self.kinds.get(kind, []) if namespace in {None, item["metadata"].get("namespace")}]
        if field_selector and field_selector.startswith("spec.nodeName="):
            found = [item for item in found if item["spec"]["nodeName"] == field_selector.partition("=")[2]]
        return found

    def get(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None) -> Optional[dict[str, Any]]:
        found = [item for item in self.list(api_version, kind, namespace) if item["metadata"]["name"] == name]
        return found[0] if found else None

    def create(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        metadata = {**obj["metadata"], "name": obj["metadata"]["generateName"] + "x1"}
        status: dict[str, Any] = {"phase": self.pods_end}
        if self.pods_end != "Pending":
            status["containerStatuses"] = [{"name": "smoke", "containerID": "x"}]
        made = {"metadata": metadata, "spec": {**obj["spec"], "nodeName": "gpu-1"}, "status": status}
        self.kinds.setdefault(obj["kind"], []).append(made)
        return made

    def delete(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None) -> bool:
        self.deleted.append(name)
        return True

    def logs(self, namespace: str, pod: str, container: Optional[str] = None, tail_lines: Optional[int] = None) -> str:
        return f"{container}: {self.log}" if container else self.log

    def whoami(self) -> str:
        return "kim"

    def can_i(self, checks: Checks) -> Answers:
        return [(check["verb"], check["resource"]) not in self.denied for check in checks]
