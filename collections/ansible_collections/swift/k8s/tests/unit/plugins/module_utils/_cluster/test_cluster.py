"""A cluster as plain dictionaries: what goes over the wire, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster import errors
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster

MAPS = "/api/v1/namespaces/shop/configmaps"
MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}}


def test_get_finds_an_object_with_the_token(api: Any, cluster: Cluster) -> None:
    api.say("GET", f"{MAPS}/a", MAP)
    assert cluster.get("v1", "ConfigMap", "a", "shop") == MAP
    assert api.seen[-1]["headers"]["authorization"] == "Bearer canary-token"


@pytest.mark.parametrize(("api_version", "kind"), [("v1", "ConfigMap"), ("v1", "Unknown"), ("no.such/v1", "Thing")])
def test_what_is_not_there_is_none(cluster: Cluster, api_version: str, kind: str) -> None:
    assert cluster.get(api_version, kind, "a", "shop") is None
    assert cluster.list("no.such/v1", "Thing") == []


def test_list_follows_pages_and_names_the_kind(api: Any, cluster: Cluster) -> None:
    api.say(
        "GET",
        "/api/v1/nodes",
        {"items": [{"metadata": {"name": "one"}}], "metadata": {"continue": "next"}},
        {"items": [{"metadata": {"name": "two"}}], "metadata": {}},
    )
    found = cluster.list("v1", "Node", label_selector="x=y", page=1)
    assert [(item["kind"], item["metadata"]["name"]) for item in found] == [("Node", "one"), ("Node", "two")]
    assert [request["query"] for request in api.seen[-2:]] == [
        {"limit": "1", "labelSelector": "x=y"},
        {"limit": "1", "labelSelector": "x=y", "continue": "next"},
    ]


def test_list_starts_over_when_a_page_is_too_old(api: Any, cluster: Cluster) -> None:
    api.say(
        "GET",
        "/api/v1/nodes",
        {"items": [{"metadata": {"name": "one"}}], "metadata": {"continue": "next"}},
        (410, {"message": "too old"}),
        {"items": [{"metadata": {"name": "one"}}, {"metadata": {"name": "two"}}], "metadata": {}},
    )
    assert len(cluster.list("v1", "Node", page=1)) == 2
    assert api.seen[-1]["query"] == {"limit": "0"}


def test_list_can_leave_all_but_metadata_away(api: Any, cluster: Cluster) -> None:
    api.say("GET", "/api/v1/nodes", {"items": None, "metadata": {}})
    assert cluster.list("v1", "Node", metadata_only=True) == []
    assert "PartialObjectMetadataList" in api.seen[-1]["headers"]["accept"]


def test_apply_is_server_side_under_a_name(api: Any, cluster: Cluster) -> None:
    api.say("PATCH", f"{MAPS}/a", MAP)
    cluster.apply(MAP, field_manager="me", force=True, dry_run=True)
    sent = api.seen[-1]
    assert sent["headers"]["content-type"] == "application/apply-patch+yaml"
    assert sent["query"] == {"fieldManager": "me", "force": "true", "dryRun": "All"}


def test_writes(api: Any, cluster: Cluster) -> None:
    for method, path in (("POST", MAPS), ("PUT", f"{MAPS}/a"), ("PATCH", f"{MAPS}/a")):
        api.say(method, path, MAP)
    cluster.create(MAP)
    cluster.replace(MAP)
    cluster.patch("v1", "ConfigMap", "a", [], "shop", patch_type="json")
    sent = [
        (request["method"], request["headers"]["content-type"]) for request in api.seen if request["method"] != "GET"
    ]
    assert sent == [
        ("POST", "application/json"),
        ("PUT", "application/json"),
        ("PATCH", "application/json-patch+json"),
    ]
    assert dict(cluster.requests) == {"GET": 1, "POST": 1, "PUT": 1, "PATCH": 1}


def test_delete_says_whether_it_was_there(api: Any, cluster: Cluster) -> None:
    api.say("DELETE", f"{MAPS}/a", {})
    assert cluster.delete("v1", "ConfigMap", "a", "shop", uid="u", dry_run=True)
    assert api.seen[-1]["body"]["preconditions"] == {"uid": "u"}
    assert not cluster.delete("v1", "ConfigMap", "b", "shop")
    assert not cluster.delete("no.such/v1", "Thing", "b")


def test_an_unserved_kind_cannot_be_written(cluster: Cluster) -> None:
    with pytest.raises(errors.NotFound, match=r"serves no Thing in no.such/v1: install its CRD"):
        cluster.apply({"apiVersion": "no.such/v1", "kind": "Thing", "metadata": {"name": "a"}})


REFUSALS = [
    (401, errors.Unauthorized, "renew the credentials"),
    (403, errors.Forbidden, "said so"),
    (409, errors.Conflict, "said so"),
    (422, errors.Invalid, "said so"),
    (418, errors.ClusterError, "said so"),
]


@pytest.mark.parametrize(("status", "kind", "text"), REFUSALS)
def test_refusals_are_typed_and_say_what_the_server_said(
    api: Any, cluster: Cluster, status: int, kind: type[Exception], text: str
) -> None:
    api.say("POST", MAPS, (status, {"message": "said so"}))
    with pytest.raises(kind, match=text):
        cluster.create(MAP)


def test_a_refusal_without_a_status_object(api: Any, cluster: Cluster) -> None:
    api.say("POST", MAPS, (409, b"<html>no</html>"))
    with pytest.raises(errors.Conflict, match="<html>no"):
        cluster.create(MAP)


def test_reads_are_repeated(api: Any, cluster: Cluster) -> None:
    busy = (503, {"message": "busy"}, {"Retry-After": "0"})
    api.say("GET", f"{MAPS}/a", busy, (429, {}), MAP)
    assert cluster.get("v1", "ConfigMap", "a", "shop") == MAP


def test_patience_ends(api: Any, cluster: Cluster) -> None:
    api.say("GET", f"{MAPS}/a", (429, {"message": "slow down"}))
    with pytest.raises(errors.TooManyRequests, match="slow down"):
        cluster.get("v1", "ConfigMap", "a", "shop")


def test_writes_are_not_repeated_after_a_failure(api: Any, cluster: Cluster) -> None:
    api.say("POST", MAPS, (500, {"message": "broken"}), MAP)
    with pytest.raises(errors.ClusterError, match="broken"):
        cluster.create(MAP)


def test_watch_yields_events_and_ends_with_gone(api: Any, cluster: Cluster) -> None:
    lines = [
        b'{"type": "ADDED", "object": {"metadata": {"name": "a"}}}',
        b'{"type": "ERROR", "object": {"message": "too old"}}',
    ]
    api.say("GET", "/api/v1/nodes", (200, b"\n".join(lines)))
    events = cluster.watch("v1", "Node", timeout_seconds=1)
    assert next(events)[0] == "ADDED"
    with pytest.raises(errors.Gone, match="too old"):
        next(events)


def test_logs_whole_and_line_by_line(api: Any, cluster: Cluster) -> None:
    api.say("GET", "/api/v1/namespaces/shop/pods/p/log", (200, b"eins\nzwei"))
    assert cluster.logs("shop", "p", tail_lines=5, previous=True) == "eins\nzwei"
    assert list(cluster.stream_logs("shop", "p", container="c")) == ["eins", "zwei"]


def test_identity_and_permissions(api: Any, cluster: Cluster) -> None:
    api.say("GET", "/version", {"gitVersion": "v1.36.3"})
    api.say("GET", "/api/v1/namespaces/kube-system", {"metadata": {"uid": "u-1"}})
    reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    api.say("POST", reviews, {"status": {"allowed": True}})
    assert cluster.server_version() == "v1.36.3"
    assert cluster.uid() == "u-1"
    assert cluster.can_i([{"verb": "get"}, {"verb": "delete"}]) == [True, True]
    asked = [request["body"]["spec"]["resourceAttributes"]["verb"] for request in api.seen[-2:]]
    assert sorted(asked) == ["delete", "get"]
    api.say("POST", reviews, {"status": {"allowed": False}})
    assert cluster.can_i([{"verb": "get"}]) == [False]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ({"status": {"userInfo": {"username": "kim"}}}, "kim"),
        ((403, b"{}"), ""),
        ((404, b"{}"), ""),
    ],
)
def test_own_name(api: Any, cluster: Cluster, answer: Any, name: str) -> None:
    api.say("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", answer)
    assert cluster.whoami() == name


def test_a_cluster_without_kube_system_is_refused(cluster: Cluster) -> None:
    with pytest.raises(errors.NotFound, match="kube-system"):
        cluster.uid()
