"""A list of objects is compared first and written only where it differs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Conflict, Invalid
from ansible_collections.swift.k8s.plugins.module_utils._objects.ensure import ensure
from ansible_collections.swift.k8s.plugins.module_utils._objects.stale import stale

from .._storage.fake_cluster import FakeCluster

MAP: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "a", "namespace": "shop", "labels": {"x": "1"}},
    "data": {"k": "v"},
}
SPACE: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}


class Memory(FakeCluster):
    """A cluster in memory that knows which kinds live in namespaces."""

    def resource(self, _api_version: str, kind: str) -> Any:
        return SimpleNamespace(namespaced=kind != "Namespace")


@pytest.fixture
def cluster() -> Any:
    return Memory()


def test_what_is_missing_is_made_namespaces_first(cluster: Any) -> None:
    result = ensure(cluster, [MAP, SPACE])
    assert [entry["object"] for entry in result.report()] == ["Namespace shop", "ConfigMap shop/a"]
    assert not ensure(cluster, [MAP, SPACE]).changed
    assert len(cluster.writes) == 2


def test_check_mode_says_the_same_and_writes_nothing(cluster: Any) -> None:
    planned = ensure(cluster, [MAP], check_mode=True)
    assert cluster.writes == []
    assert planned.report() == ensure(cluster, [MAP]).report()


def test_a_changed_field_is_named(cluster: Any) -> None:
    ensure(cluster, [MAP])
    (change,) = ensure(cluster, [{**MAP, "data": {"k": "w"}}]).report()
    assert change == {"object": "ConfigMap shop/a", "change": "changed", "fields": ["data.k"]}


def test_other_peoples_fields_are_no_difference(cluster: Any) -> None:
    ensure(cluster, [{**MAP, "data": {"k": "v", "theirs": "x"}}])
    assert not ensure(cluster, [MAP]).changed


def test_absent_deletes_and_then_is_content(cluster: Any) -> None:
    ensure(cluster, [MAP, SPACE])
    result = ensure(cluster, [MAP, SPACE], state="absent")
    assert [entry["object"] for entry in result.report()] == ["ConfigMap shop/a", "Namespace shop"]
    assert not ensure(cluster, [MAP, SPACE], state="absent").changed


def test_what_is_going_already_is_not_deleted_again(cluster: Any) -> None:
    ensure(cluster, [SPACE])
    cluster.objects["Namespace", "", "shop"]["metadata"]["deletionTimestamp"] = "now"
    assert not ensure(cluster, [SPACE], state="absent").changed


def test_secrets_stay_hidden(cluster: Any) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}
    result = ensure(cluster, [{**secret, "stringData": {"password": "canary"}}])
    assert "canary" not in str(result.difference("objects"))


def test_a_refused_write_names_the_object(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise Conflict("kubectl owns .data.k")

    monkeypatch.setattr(cluster, "apply", refuse)
    with pytest.raises(Conflict, match="ConfigMap shop/a was not created: kubectl owns"):
        ensure(cluster, [MAP])


def test_an_object_without_a_name_is_refused(cluster: Any) -> None:
    with pytest.raises(Invalid, match="an object lacks 'name'"):
        ensure(cluster, [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}])


OWNED = {
    "f:metadata": {"f:labels": {".": {}, "f:x": {}}},
    "f:data": {"f:k": {}, "f:gone": {}},
    "f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:targetPort": {}}}, "f:finalizers": {'v:"keep"': {}}},
}
LIVE = {"metadata": {"managedFields": [{"manager": "us", "operation": "Apply", "fieldsV1": OWNED}]}}
DECLARED: dict[str, Any] = {
    "metadata": {"labels": {"x": "1"}},
    "data": {"k": "v", "gone": ""},
    "spec": {"ports": [{"port": 80, "targetPort": 1}], "finalizers": ["keep"]},
}


@pytest.mark.parametrize(
    ("declared", "paths"),
    [
        (DECLARED, []),
        ({**DECLARED, "data": {"k": "v"}}, ["data.gone"]),
        ({**DECLARED, "data": {"k": "v"}, "stringData": {"gone": "x"}}, []),
        ({**DECLARED, "spec": {"ports": []}}, ['spec.ports.{"port":80,"protocol":"TCP"}', "spec.finalizers"]),
        ({**DECLARED, "spec": {**DECLARED["spec"], "finalizers": []}}, ['spec.finalizers."keep"']),
    ],
)
def test_stale_fields(declared: dict[str, Any], paths: list[str]) -> None:
    assert stale(LIVE, declared, "us") == paths
    assert stale(LIVE, declared, "them") == []


def test_what_others_made_under_our_name_is_left_alone(cluster: Any) -> None:
    ours = MAP
    theirs: dict[str, Any] = {**MAP, "metadata": {"name": "b", "namespace": "shop", "labels": {"x": "2"}}}
    ensure(cluster, [ours, theirs])
    wanted = [{**item, "metadata": {**item["metadata"], "labels": {"x": "1"}}} for item in (ours, theirs)]
    gone = ensure(cluster, wanted, state="absent", keep_foreign=True).report()
    assert [entry["object"] for entry in gone] == ["ConfigMap shop/a"]


def test_an_object_without_a_namespace_belongs_to_default(cluster: Any) -> None:
    (made,) = ensure(cluster, [{**MAP, "metadata": {"name": "a"}}]).report()
    assert made["object"] == "ConfigMap default/a"


def test_a_field_we_let_go_of_is_a_change(cluster: Any) -> None:
    ensure(cluster, [MAP])
    entry = {"manager": "swift-k8s", "operation": "Apply", "fieldsV1": {"f:data": {"f:k": {}, "f:old": {}}}}
    cluster.objects["ConfigMap", "shop", "a"]["metadata"]["managedFields"] = [entry]
    (change,) = ensure(cluster, [MAP]).report()
    assert change == {"object": "ConfigMap shop/a", "change": "changed", "fields": ["data.old"]}
