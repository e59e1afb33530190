# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Manifests, immutable fields, CRDs, leftovers and reports: tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import NotFound
from ansible_collections.swift.k8s.plugins.module_utils._release import immutable, info, leftovers, live, objects
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import (
    RefusedError,
    ReleaseError,
)
from ansible_collections.swift.k8s.plugins.module_utils._release.objects import Key, text
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster, record

MANIFEST = """
kind: List
apiVersion: v1
items: [{kind: ConfigMap, apiVersion: v1, metadata: {name: a}}]
---
# only a comment
---
kind: Pool
apiVersion: example.com/v1
metadata: {name: b}
---
kind: Namespace
apiVersion: v1
metadata: {name: c}
---
kind: Role
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: d, namespace: elsewhere}
"""


def test_identity_and_scope() -> None:
    found = objects.parse(MANIFEST, "team", lambda version, kind: False)
    assert list(map(str, found)) == ["ConfigMap team/a", "Pool b", "Namespace c", "Role elsewhere/d"]
    assert next(iter(found.values()))["metadata"]["namespace"] == "team"


@pytest.mark.parametrize("manifest", ["a: [", "kind: X", "- 1"])
def test_manifests_that_are_none(manifest: str) -> None:
    with pytest.raises(ReleaseError, match="correct the template that wrote it"):
        objects.parse(manifest, "team", lambda version, kind: True)


def test_images_of_all_pods() -> None:
    pod = {"containers": [{"image": "b"}, {}], "initContainers": [{"image": "a"}]}
    cron = {"spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}
    key = Key("batch/v1", "CronJob", "team", "x")
    assert objects.images({key: cron}) == ["a", "b"]
    assert objects.images({key: {"spec": {"list": [{"containers": [{"image": "c"}]}]}}}) == ["c"]


def test_paths_for_people() -> None:
    path = ("metadata", "annotations", "a.b/c", "list", (("name", "x"), ("port", 1)), 3, "end")
    assert text(path) == 'metadata.annotations["a.b/c"].list[name=x,port=1][3].end'


def key(kind: str) -> Key:
    return Key("v1", kind, "team", "x")


def sized(amount: str) -> dict[str, Any]:
    return {"spec": {"resources": {"requests": {"storage": amount}}}}


FIXED = [
    ("Deployment", {"spec": {"selector": {"a": "1"}}}, {"spec": {"selector": {"a": "2"}}}, "spec.selector.a"),
    ("Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, ""),
    ("StatefulSet", {"spec": {"serviceName": "a"}}, {"spec": {"serviceName": "b"}}, "spec.serviceName"),
    ("StatefulSet", {"spec": {"template": {"a": 1}}}, {"spec": {"template": {"a": 2}}}, ""),
    ("Job", {"spec": {"template": {"a": 1}}}, {"spec": {"template": {"a": 2}}}, "spec.template.a"),
    ("Service", {"spec": {"clusterIP": "None"}}, {"spec": {"clusterIP": "10.0.0.1"}}, "spec.clusterIP"),
    ("StorageClass", {"parameters": {"a": "1"}}, {"parameters": {"a": "2"}}, "parameters.a"),
    ("ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, ""),
    ("ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}, "immutable": True}, "data.a"),
    ("Secret", {"type": "x"}, {"type": "Opaque"}, "type"),
    ("PersistentVolumeClaim", sized("2Gi"), sized("1Gi"), ""),
    ("PersistentVolumeClaim", sized("1Gi"), sized("2Gi"), "spec.resources.requests.storage"),
    ("PersistentVolumeClaim", {"spec": {"volumeName": "a"}}, {"spec": {"volumeName": "b"}}, "spec.volumeName"),
]


@pytest.mark.parametrize(("kind", "new", "old", "path"), FIXED)
def test_immutable(kind: str, new: dict[str, Any], old: dict[str, Any], path: str) -> None:
    found = [text(change.path) for change in immutable.conflicts(key(kind), new, old)]
    assert found == ([path] if path else [])


def test_recreating_is_asked_for_and_never_costs_data() -> None:
    job = ({key("Job"): {"spec": {"template": 1}}}, {key("Job"): {"spec": {"template": 2}}})
    with pytest.raises(RefusedError, match=r"spec.template cannot change; allow .* recreate: \[Job\]"):
        immutable.recreated("team/app", *job, [])
    assert list(immutable.recreated("team/app", *job, ["Job"])) == [key("Job")]
    claim = key("PersistentVolumeClaim")
    with pytest.raises(RefusedError, match="holds data; keep the old value"):
        immutable.recreated("team/app", {claim: sized("1Gi")}, {claim: sized("2Gi")}, ["PersistentVolumeClaim"])


def test_leftovers_of_an_unfinished_revision() -> None:
    app, extra, old = key("Deployment"), key("ConfigMap"), key("Secret")
    unfinished = {app: {"spec": {"a": 1, "b": 2, "c": 3}}, extra: {}, old: {}}
    deployed = {app: {"spec": {"a": 1, "c": 3}}, old: {}}
    new = {app: {"spec": {"a": 1}}}
    now: dict[Key, Any] = {app: {"spec": {"a": 1, "b": 2, "c": 3}}, extra: {"x": 1}, old: {"x": 1}}
    assert leftovers.objects(new, unfinished, deployed, now) == [extra]
    found = leftovers.findings(new, unfinished, deployed, now)
    assert [text(one.path) for one in found[app]] == ["spec.b"]
    assert leftovers.findings(new, unfinished, deployed, {app: None}) == {}


class Odd(FakeCluster):
    """A cluster that does not serve the kind Pool, and whose list hides one object."""

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, label_selector: str | None = None, **more: Any
    ) -> Any:
        if kind == "Pool":
            raise NotFound("no Pool")
        return []

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Any:
        if kind == "Pool":
            raise NotFound("no Pool")
        return super().get(api_version, kind, name, namespace)


def test_objects_that_a_list_does_not_show() -> None:
    cluster: Any = Odd()
    cluster.put({"kind": "Secret", "metadata": {"name": "x", "namespace": "team"}})
    found = live.fetch(cluster, [key("Secret"), key("Pool")])
    assert found[key("Pool")] is None
    assert found[key("Secret")] is not None


@pytest.mark.parametrize(("served", "expected"), [(None, True), (True, True), (False, False)])
def test_scope_of_custom_kinds(served: bool | None, expected: bool) -> None:
    resource = None if served is None else SimpleNamespace(namespaced=served)
    cluster: Any = SimpleNamespace(resource=lambda version, kind: resource)
    assert live.namespaced(cluster, "example.com/v1", "Pool") is expected


def test_report_of_installed_releases() -> None:
    cluster: Any = FakeCluster()
    manifest = "{kind: ConfigMap, apiVersion: v1, metadata: {name: x}, data: {a: b}}"
    cluster.put(record("app", "team", 1, "superseded"))
    cluster.put(record("app", "team", 2, manifest=manifest, labels={"swift.k8s/ready-revision": "2"}))
    cluster.put(record("other", "team", 1))
    (found,) = info.releases(cluster, "team", ["app"], with_drift=True, with_history=True)
    assert (found["revision"], found["ready"], found["managed"]) == (2, True, False)
    assert [one["drift"] for one in found["drift"]] == ["missing"]
    assert [one["revision"] for one in found["history"]] == [2, 1]
    assert len(info.releases(cluster, None, [], with_drift=False, with_history=False)) == 2
