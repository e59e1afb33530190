"""A cluster in memory: it keeps objects and counts writes. Only what storage and seeding use."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping
from typing import Any, Optional

from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import NotFound

Key = tuple[str, str, str]


def merge(target: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7386: null removes, objects merge, the rest replaces."""
    for key, value in body.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, Mapping):
            inner = target.get(key)
            target[key] = merge(inner if isinstance(inner, dict) else {}, value)
        else:
            target[key] = value
    return target


class FakeCluster:
    """Objects by kind, namespace and name. `react` plays the controllers after each write."""

    def __init__(self, *objects: dict[str, Any], react: Optional[Callable[[FakeCluster], None]] = None) -> None:
        self.objects: dict[Key, dict[str, Any]] = {}
        self.writes: list[tuple[str, str, str]] = []
        self.pod_logs: dict[str, str] = {}
        self._numbers = itertools.count()
        self.react = react or (lambda cluster: None)
        for item in objects:
            self.objects[self.key(item["kind"], item["metadata"]["name"], item["metadata"].get("namespace"))] = item

    @staticmethod
    def key(kind: str, name: str, namespace: Optional[str]) -> Key:
        return kind, namespace or "", name

    def get(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None) -> Optional[dict[str, Any]]:
        found = self.objects.get(self.key(kind, name, namespace))
        return copy.deepcopy(found)

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: Optional[str] = None,
        label_selector: Optional[str] = None,
        field_selector: Optional[str] = None,
        page: int = 500,
    ) -> list[dict[str, Any]]:
        wanted = [pair.split("=") for pair in (label_selector or "").split(",") if pair]
        return [
            copy.deepcopy(item)
            for (its_kind, its_namespace, _name), item in self.objects.items()
            if its_kind == kind
            and namespace in {None, its_namespace}
            and all((item["metadata"].get("labels") or {}).get(key) == value for key, value in wanted)
        ]

    def collect(
        self, api_version: str, kind: str, pick: Callable[[dict[str, Any]], Any], label_selector: Optional[str] = None
    ) -> list[Any]:
        return [pick(item) for item in self.list(api_version, kind, label_selector=label_selector)]

    def create(self, obj: dict[str, Any], dry_run: bool = False) -> dict[str, Any]:
        key = self.key(obj["kind"], obj["metadata"]["name"], obj["metadata"].get("namespace"))
        assert key not in self.objects, f"{key} exists"
        obj = copy.deepcopy(obj)
        obj["metadata"].setdefault("uid", f"uid-{next(self._numbers)}")
        self.objects[key] = obj
        return self._wrote("create", key)

    def apply(
        self, obj: dict[str, Any], field_manager: str, force: bool = False, dry_run: bool = False
    ) -> dict[str, Any]:
        key = self.key(obj["kind"], obj["metadata"]["name"], obj["metadata"].get("namespace"))
        merged = merge(self.objects.setdefault(key, {}), copy.deepcopy(obj))
        merged["metadata"].setdefault("uid", f"uid-{next(self._numbers)}")
        return self._wrote("apply", key)

    def patch(
        self, api_version: str, kind: str, name: str, body: dict[str, Any], namespace: Optional[str] = None, **_: Any
    ) -> dict[str, Any]:
        key = self.key(kind, name, namespace)
        if key not in self.objects:
            raise NotFound(f"{kind} {name} not found")
        merge(self.objects[key], body)
        return self._wrote("patch", key)

    def replace(self, obj: dict[str, Any], dry_run: bool = False) -> dict[str, Any]:
        key = self.key(obj["kind"], obj["metadata"]["name"], obj["metadata"].get("namespace"))
        self.objects[key] = copy.deepcopy(obj)
        return self._wrote("replace", key)

    def delete(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None, **_: Any) -> bool:
        key = self.key(kind, name, namespace)
        if key not in self.objects:
            return False
        del self.objects[key]
        if kind == "Job":
            self._drop_pods(name)
        self._wrote("delete", key)
        return True

    def logs(self, namespace: str, pod: str, **_: Any) -> str:
        return self.pod_logs.get(pod, "")

    def _drop_pods(self, job: str) -> None:
        for key, item in list(self.objects.items()):
            if key[0] == "Pod" and (item["metadata"].get("labels") or {}).get("batch.kubernetes.io/job-name") == job:
                del self.objects[key]

    def _wrote(self, verb: str, key: Key) -> dict[str, Any]:
        self.writes.append((verb, key[0], key[2]))
        self.react(self)
        return copy.deepcopy(self.objects.get(key, {}))
