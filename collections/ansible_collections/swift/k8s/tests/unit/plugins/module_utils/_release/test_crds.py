# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A chart's definitions: applied before the release, and refused where stored data would be lost."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._release import crds, schema
from ansible_collections.swift.k8s.plugins.module_utils._release.chart import Chart
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import ChartError, RefusedError, RolloutError
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._release.fakes import FakeCluster


def definition(*versions: dict[str, Any], **status: Any) -> dict[str, Any]:
    body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return {**body, "metadata": {"name": "pools.example.com"}, "spec": {"versions": list(versions)}, "status": status}


def version(name: str, **properties: Any) -> dict[str, Any]:
    return {"name": name, "schema": {"openAPIV3Schema": {"properties": properties}}}


OPEN = {"x-kubernetes-preserve-unknown-fields": True}
DEEP: dict[str, Any] = {"items": {"properties": {"a": {}}}}
MAPPED: dict[str, Any] = {"additionalProperties": {"properties": {"a": {}}}}
DROPPED = [
    (version("v1", a={}), version("v1", a={}, b={}), []),
    (version("v1", a={}, b={}), version("v1", a={}), ["b"]),
    (version("v1", a=DEEP), version("v1", a={"items": {}}), ["a[].a"]),
    (version("v1", a=MAPPED), version("v1", a={"additionalProperties": {}}), ["a{}.a"]),
    (version("v1", a={"properties": {"b": {}}}), version("v1", a=OPEN), []),
    (version("v1", a={"properties": {"b": {}}}), version("v1", a={"additionalProperties": True}), []),
    (version("v1", a={}), version("v2"), []),
]


@pytest.mark.parametrize(("old", "new", "expected"), DROPPED)
def test_fields_that_new_definitions_would_drop(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    found = crds.dropped(definition(new), definition(old))
    assert [schema.text(path) for _version, path in found] == expected


HELD = [
    ({"a": {"b": 1}}, ("a", "b"), True),
    ({"a": {"b": None}}, ("a", "b"), False),
    ({"a": {}}, ("a", "b"), False),
    ({"a": [{}, {"b": 0}]}, ("a", "[]", "b"), True),
    ({"a": {"x": {"b": 0}}}, ("a", "{}", "b"), True),
    ({"a": 1}, ("a", "[]", "b"), False),
    ({"a": 1}, ("a", "b"), False),
]


@pytest.mark.parametrize(("item", "path", "expected"), HELD)
def test_objects_that_hold_a_field(item: dict[str, Any], path: tuple[str, ...], expected: bool) -> None:
    assert schema.holds(item, path) is expected


def test_versions_that_would_become_unreadable() -> None:
    old = definition(version("v1"), storedVersions=["v1", "v2"])
    assert [one.split(" (")[0] for one in crds.unreadable(definition(version("v2")), old)] == [
        "version v1 holds stored objects and is gone"
    ]


@pytest.mark.parametrize("stored", [True, False])
def test_only_data_that_is_there_can_be_lost(stored: bool) -> None:
    cluster: Any = Defining()
    old = definition(version("v1", a={}, b={}))
    old["spec"].update(group="example.com", names={"kind": "Pool"})
    cluster.put(old)
    if stored:
        for name in ("one", "two"):
            metadata = {"name": name, "namespace": "team"}
            cluster.put({"apiVersion": "example.com/v1", "kind": "Pool", "metadata": metadata, "b": 1})
    if stored:
        with pytest.raises(RefusedError, match=r"field v1\.b is gone and would be pruned from team/one and 1 more"):
            crds.plan(cluster, with_crds())
    else:
        assert [change.verb for change in crds.plan(cluster, with_crds())] == ["changed"]


CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pools.example.com}
spec: {group: example.com, versions: [{name: v1}]}
"""


def with_crds(name: str = "crds/pool.yaml", content: str = CRD) -> Chart:
    return Chart("c", "c", "1", "", "", {name: content.encode(), "templates/x.yaml": b"{{", "crds/README.md": b"{{"})


ESTABLISHED = {"conditions": [{"type": "Established", "status": "True"}]}


class Defining(FakeCluster):
    """Establishes definitions at once."""

    def put(self, item: dict[str, Any], dry_run: bool = False) -> dict[str, Any]:
        return super().put({**item, "status": {**item.get("status", {}), **ESTABLISHED}})


@pytest.mark.parametrize("name", ["crds/pool.yaml", "charts/sub/crds/pool.yml"])
def test_definitions_are_applied_once(name: str) -> None:
    cluster: Any = Defining()
    assert [change.verb for change in crds.plan(cluster, with_crds(name))] == ["created"]
    crds.apply(cluster, with_crds(name))
    assert crds.plan(cluster, with_crds(name)) == []
    more = CRD.replace("example.com, versions", "example.com, scope: Cluster, versions")
    assert [change.verb for change in crds.plan(cluster, with_crds(name, more))] == ["changed"]


def test_definitions_that_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster: Any = FakeCluster()
    with pytest.raises(RolloutError, match="not established after 0 s"):
        crds.apply(cluster, with_crds(), timeout=0)
    with pytest.raises(ChartError, match=r"crds/pool\.yaml is not valid YAML"):
        crds.declared(with_crds(content="a: ["))
    cluster.put(definition(version("v1"), storedVersions=["v0"]))
    with pytest.raises(RefusedError, match=r"lose data: version v0 .* skip_crds: true"):
        crds.plan(cluster, with_crds())
