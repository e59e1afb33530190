# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Fakes for tests without a cluster: an API server that stores objects, and a helm whose rendering is real."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.swift.k8s.plugins.module_utils._release import chart as charts
from ansible_collections.swift.k8s.plugins.module_utils._release import objects
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import BusyError, HelmError
from ansible_collections.swift.k8s.plugins.module_utils._release.helm import Helm

Object = dict[str, Any]
READY = {
    "Deployment": {"observedGeneration": 99, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
    "Job": {"succeeded": 1},
}


class FakeCluster:
    """Stores objects by identity, counts requests by verb. Workloads are ready at once unless broken has pods."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.requests: Counter[str] = Counter()
        self.broken: list[Object] = []  # pods that keep failing: one more restart at each look
        self.events: list[Object] = []
        self.admit: Callable[[Object], None] = lambda item: None  # what an admission webhook does to each object
        self._version = 0
        self.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})

    @property
    def writes(self) -> int:
        return sum(self.requests[verb] for verb in ("create", "patch", "update", "delete"))

    def put(self, item: Object, dry_run: bool = False) -> Object:
        """Store as the API server would: with versions, defaults and encoded Secrets."""
        self._version += 1
        item = copy.deepcopy(item)
        self.admit(item)
        metadata = item["metadata"]
        metadata.update(resourceVersion=str(self._version), generation=1)
        metadata.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        for key, value in (item.pop("stringData", None) or {}).items():
            item.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()
        if item["kind"] in READY:
            replicas = item["spec"].get("replicas", 1)
            counts = {key: replicas if "eplicas" in key else value for key, value in READY[item["kind"]].items()}
            item["status"] = {**counts, "availableReplicas": 0} if self.broken else counts
        if not dry_run:
            self.objects[(item["kind"], metadata.get("namespace", ""), metadata["name"])] = item
        return copy.deepcopy(item)

    def at(self, kind: str, name: str, namespace: str = "team") -> Object:
        """The stored object itself, to be edited by a test as someone would by hand."""
        return self.objects[(kind, namespace, name)]

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        self.requests["get"] += 1
        return copy.deepcopy(self.objects.get((kind, namespace or "", name)))

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, label_selector: str | None = None, **rest: Any
    ) -> list[Object]:
        self.requests["list"] += 1
        if kind == "Event":
            return [event for event in self.events if _has_fields(event, rest["field_selector"])]
        for pod in self.broken if kind == "Pod" else []:
            for container in pod.get("status", {}).get("containerStatuses", []):
                container["restartCount"] += 1
        pool = [*self.objects.values(), *(self.broken if kind == "Pod" else [])]
        here = [
            item for item in pool if item["kind"] == kind and namespace in (None, item["metadata"].get("namespace", ""))
        ]
        return [
            copy.deepcopy(item) for item in here if selects(label_selector or "", item["metadata"].get("labels") or {})
        ]

    def create(self, obj: Object, dry_run: bool = False) -> Object:
        self.requests["create"] += 1
        return self.put(obj)

    def apply(self, obj: Object, field_manager: str = "", force: bool = False, dry_run: bool = False) -> Object:
        self.requests["rehearsal" if dry_run else "patch"] += 1
        return self.put(obj, dry_run)

    def replace(self, obj: Object, dry_run: bool = False) -> Object:
        self.requests["update"] += 1
        return self.put(obj)

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        body: Any,
        namespace: str | None = None,
        patch_type: str = "merge",
        dry_run: bool = False,
        **_rest: Any,
    ) -> Object:
        self.requests["rehearsal" if dry_run else "patch"] += 1
        item = copy.deepcopy(self.objects[(kind, namespace or "", name)])
        if patch_type == "json":
            for operation in body:
                _json_patch(item, operation)
        else:
            item["metadata"].setdefault("labels", {}).update(body.get("metadata", {}).get("labels", {}))
            item.setdefault("spec", {}).update(body.get("spec", {}))
        return self.put(item, dry_run)

    def delete(self, api_version: str, kind: str, name: str, namespace: str | None = None, **_rest: Any) -> bool:
        self.requests["delete"] += 1
        return self.objects.pop((kind, namespace or "", name), None) is not None

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str | None = None,
        tail_lines: int | None = None,
        previous: bool = False,
    ) -> str:
        return f"last words of {pod}/{container}"

    def resource(self, api_version: str, kind: str) -> None:
        return None

    def now(self) -> datetime:
        return datetime(2026, 1, 1, 12, 0, 0, tzinfo=timezone.utc)

    def uid(self) -> str:
        return "uid-1"


def _json_patch(item: Object, operation: dict[str, Any]) -> None:
    *above, last = operation["path"].strip("/").split("/")
    for step in above:
        item = item[step]
    if operation["op"] == "test":
        assert item[last] == operation["value"]
    else:
        item[last] = operation["value"]


def _has_fields(event: Object, selector: str) -> bool:
    for term in selector.split(","):
        path, value = term.split("=")
        found: Any = event
        for step in path.split("."):
            found = found.get(step)
        if found != value:
            return False
    return True


def selects(selector: str, labels: dict[str, str]) -> bool:
    """The selectors that the code under test uses: a=b, a!=b, a in (b,c)."""
    for term in re.findall(r"[^,(]+(?:\([^)]*\))?", selector):
        among = re.match(r"(\S+) in \((.*)\)", term.strip())
        if among:
            if labels.get(among.group(1)) not in among.group(2).split(","):
                return False
        elif "!=" in term:
            key, value = term.split("!=")
            if labels.get(key.strip()) == value:
                return False
        elif "=" in term and labels.get(term.split("=")[0].strip()) != term.split("=")[1]:
            return False
    return True


def record(name: str, namespace: str, revision: int, status: str = "deployed", **parts: Any) -> Object:
    """A release Secret as Helm writes it."""
    body = {
        "name": name,
        "namespace": namespace,
        "version": revision,
        "info": {
            "status": status,
            "description": parts.get("description", "Upgrade complete"),
            "last_deployed": "2026-01-01T00:00:00Z",
        },
        "chart": {"metadata": {"name": "small", "version": parts.get("version", "1.2.3"), "appVersion": "4.5"}},
        "config": parts.get("values", {}),
        "manifest": parts.get("manifest", ""),
    }
    packed = base64.b64encode(gzip.compress(json.dumps(body).encode())).decode()
    labels = {"owner": "helm", "name": name, "status": status, "version": str(revision), **parts.get("labels", {})}
    written = [{"manager": "helm", "operation": "Update", "time": parts.get("time", "2026-01-01T00:00:00Z")}]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"sh.helm.release.v1.{name}.v{revision}",
            "namespace": namespace,
            "labels": labels,
            "managedFields": written,
            "creationTimestamp": parts.get("time", "2026-01-01T00:00:00Z"),
        },
        "data": {"release": base64.b64encode(packed.encode()).decode()},
    }


class FakeHelm(Helm):
    """Renders with the real binary, keeps releases in a FakeCluster; fails has messages for the next upgrades."""

    def __init__(self, cluster: FakeCluster, environment: dict[str, str]) -> None:
        super().__init__(environment)
        self.cluster = cluster
        self.calls: list[list[str]] = []
        self.fails: list[str] = []
        self.busy = False  # another helm holds the release
        self.meanwhile: list[Object] = []  # records that others write while the next upgrade fails

    def _execute(self, arguments: Sequence[str], stdin: str | None, timeout: int) -> str:
        self.calls.append(list(arguments))
        verb = arguments[0]
        if verb == "version":
            return super()._execute(arguments, stdin, timeout)
        self.processes += 0 if verb in ("upgrade", "template") else 1
        flags = dict(word.partition("=")[::2] for word in arguments if word.startswith("--"))
        handler = {
            "upgrade": self._upgrade,
            "template": self._template,
            "rollback": self._rollback,
            "uninstall": self._uninstall,
        }[verb]
        return handler(list(arguments), flags, stdin or "")

    def _template(self, arguments: list[str], flags: dict[str, str], stdin: str) -> str:
        name, chart = arguments[1], arguments[2]
        words = ["template", name, chart, f"--namespace={flags['--namespace']}", "--values=-", "--no-hooks"]
        return super()._execute(words, stdin, 60)

    def _upgrade(self, arguments: list[str], flags: dict[str, str], stdin: str) -> str:
        manifest = self._template(arguments, flags, stdin)
        if "--dry-run" in flags:
            packed = {name: base64.b64encode(data).decode() for name, data in charts.load(arguments[2]).files.items()}
            return json.dumps({"manifest": manifest, "chart": {"files": packed}})
        name, namespace = arguments[1], flags["--namespace"]
        parts = {"values": json.loads(stdin), "description": flags["--description"], "manifest": manifest}
        if self.busy:
            raise BusyError("another operation (install/upgrade/rollback) is in progress")
        if self.fails:
            why = self.fails.pop(0)
            self._store(name, namespace, "failed", {**parts, "description": f"Upgrade failed: {why}"})
            for secret in self.meanwhile:
                self.cluster.put(secret)
            raise HelmError(why)
        self._store(name, namespace, "deployed", parts)
        return "{}"

    def _rollback(self, arguments: list[str], flags: dict[str, str], stdin: str) -> str:
        name, namespace = arguments[1], flags["--namespace"]
        goal = self._body(self.cluster.at("Secret", f"sh.helm.release.v1.{name}.v{arguments[2]}", namespace))
        self.cluster.broken = []
        parts = {"values": goal["config"], "manifest": goal["manifest"], "description": f"Rollback to {arguments[2]}"}
        self._store(name, namespace, "deployed", parts)
        return ""

    def _uninstall(self, arguments: list[str], flags: dict[str, str], stdin: str) -> str:
        name, namespace = arguments[1], flags["--namespace"]
        for secret in self._records(name, namespace):
            for key in objects.parse(self._body(secret)["manifest"], namespace, lambda *_: True):
                self.cluster.objects.pop((key.kind, key.namespace, key.name), None)
            del self.cluster.objects[("Secret", namespace, secret["metadata"]["name"])]
        return ""

    def _records(self, name: str, namespace: str) -> list[Object]:
        secrets = [
            item
            for (kind, place, _name), item in self.cluster.objects.items()
            if kind == "Secret" and place == namespace
        ]
        return [
            item
            for item in secrets
            if (item["metadata"].get("labels") or {}).get("name") == name and "release" in item["data"]
        ]

    @staticmethod
    def _body(secret: Object) -> dict[str, Any]:
        return dict(json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"])))))

    def _store(self, name: str, namespace: str, status: str, parts: dict[str, Any]) -> None:
        labels: dict[str, str] = {}
        revision = 0
        for secret in self._records(name, namespace):
            revision = max(revision, int(secret["metadata"]["labels"]["version"]))
            labels.update({key: value for key, value in secret["metadata"]["labels"].items() if "/" in key})
            if status == "deployed" and secret["metadata"]["labels"]["status"] == "deployed":
                body = self._body(secret)
                old = {
                    "values": body["config"],
                    "manifest": body["manifest"],
                    "description": body["info"]["description"],
                }
                number = int(secret["metadata"]["labels"]["version"])
                self.cluster.put(record(name, namespace, number, "superseded", **old, labels=labels))
        self.cluster.put(record(name, namespace, revision + 1, status, **parts, labels=labels))
        for key, item in objects.parse(parts["manifest"], namespace, lambda *_: True).items():
            item["metadata"].setdefault("labels", {})["app.kubernetes.io/managed-by"] = "Helm"
            written = {"manager": "helm", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsV1": {}}
            item["metadata"].update(namespace=key.namespace, managedFields=[written])
            self.cluster.put(item)
