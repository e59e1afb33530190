"""Gathering over HTTP: which lists are asked for, how often, and what happens without permission."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Forbidden
from ansible_collections.swift.k8s.plugins.module_utils._facts.gather import gather
from ansible_collections.swift.k8s.tests.unit.plugins import zoo

LISTS: dict[str, list[Any]] = {
    "/api/v1/nodes": zoo.nodes(),
    "/api/v1/pods": [zoo.pod("one", "a100-80", {zoo.GPU: 3})],
    "/api/v1/namespaces": [],
    "/api/v1/secrets": [],
    "/apis/apps/v1/daemonsets": [],
    "/apis/storage.k8s.io/v1/storageclasses": [],
    "/apis/node.k8s.io/v1/runtimeclasses": [],
    "/apis/nvidia.com/v1/clusterpolicies": [{"metadata": {"name": "policy"}}],
}
GROUPS = ["apps/v1", "node.k8s.io/v1", "nvidia.com/v1", "storage.k8s.io/v1"]


def denied(verb: str, resource: str) -> tuple[int, dict[str, str]]:
    """The answer of an API server to somebody without the permission."""
    told = (
        f'{resource} is forbidden: User "jo" cannot {verb} resource "{resource}" in API group "" at the cluster scope'
    )
    return 403, {"message": told}


@pytest.fixture
def served(api: Any) -> Any:
    for path, items in LISTS.items():
        api.say("GET", path, {"items": items, "metadata": {}})
    api.say("GET", "/apis", {"groups": [{"versions": [{"groupVersion": name}]} for name in GROUPS]})
    api.say("GET", "/version", {"gitVersion": "v1.36.3"})
    api.say("GET", "/api/v1/namespaces/kube-system", {"metadata": {"uid": "u-1"}})
    return api


def test_each_kind_is_listed_once(served: Any, cluster: Cluster) -> None:
    found = gather(cluster)
    assert (found["server_version"], found["uid"], found["apis"]) == ("v1.36.3", "u-1", ["v1", *GROUPS])
    assert len(found["nodes"]) == len(zoo.nodes())
    assert [owner["kind"] for owner in found["owners"]] == ["gpu-operator"]
    lists = Counter(request["path"] for request in served.seen if request["path"] in LISTS)
    assert lists == dict.fromkeys(LISTS, 1)
    assert {request["method"] for request in served.seen} == {"GET"}


def test_secrets_come_without_their_content(served: Any, cluster: Cluster) -> None:
    gather(cluster, ["releases"])
    (asked,) = (request for request in served.seen if request["path"] == "/api/v1/secrets")
    assert asked["headers"]["accept"].startswith("application/json;as=PartialObjectMetadataList")


def test_fewer_parts_ask_for_less(served: Any, cluster: Cluster) -> None:
    found = gather(cluster, ["storage_classes"])
    assert {request["path"] for request in served.seen} & set(LISTS) == {"/apis/storage.k8s.io/v1/storageclasses"}
    assert set(found) == {"storage_classes", "warnings", "server_version", "uid", "host"}


def test_what_may_not_be_listed_is_said_with_the_role_that_is_missing(served: Any, cluster: Cluster) -> None:
    served.say("GET", "/api/v1/secrets", denied("list", "secrets"))
    served.say("GET", "/api/v1/pods", denied("list", "pods"))
    served.say("GET", "/api/v1/namespaces/kube-system", denied("get", "namespaces"))
    found = gather(cluster)
    assert (found["releases"], found["uid"]) == ([], None)
    assert {device["free"] for node in found["nodes"] for device in node["accelerators"]} == {None}
    told = [text for text in found["warnings"] if "jo may not" in text]
    assert [text.split(":")[0] for text in told] == [
        "Helm releases are not known",
        "free devices are not known",
        "the cluster cannot be told from others",
    ]
    assert 'rules: [{apiGroups: [""], resources: [secrets], verbs: [list]}]' in told[0]


def test_nodes_are_needed(served: Any, cluster: Cluster) -> None:
    served.say("GET", "/api/v1/nodes", denied("list", "nodes"))
    with pytest.raises(Forbidden, match="jo may not list nodes in the whole cluster"):
        gather(cluster)
