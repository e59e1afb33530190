"""The client, cluster_info and node_labels on a real API server: permissions, watches, logs, owners of marks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Conflict, Forbidden, Unreachable
from ansible_collections.swift.k8s.plugins.module_utils._facts.gather import gather
from lab import judge

from tests.lab.target import CHECKOUT, kubeconfig, lab_facts

pytestmark = pytest.mark.lab
LABEL, TAINT = "lab.swift.k8s/mark", {"key": "lab.swift.k8s/busy", "effect": "NoSchedule"}


@pytest.fixture(scope="module")
def lab() -> dict[str, Any]:
    """The lab that `make lab-up` started."""
    return lab_facts()


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """Any cluster will do, where a test does not ask for the lab."""
    return connect({"kubeconfig": kubeconfig()})


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    name = f"d-{uuid.uuid4().hex[:6]}"
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    cluster.delete("v1", "Namespace", name)


@pytest.fixture
def node(cluster: Cluster) -> Iterator[str]:
    """A node object without a machine behind it."""
    name = f"d-{uuid.uuid4().hex[:6]}"
    cluster.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"unschedulable": True}})
    yield name
    cluster.delete("v1", "Node", name)


def object_of(cluster: Cluster, node: str) -> dict[str, Any]:
    """The node, which must be there."""
    found = cluster.get("v1", "Node", node)
    assert found
    return found


def ansible(module: str, *words: str, **options: Any) -> dict[str, Any]:
    """The result of one module."""
    command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-c", "local", "-m", f"swift.k8s.{module}"]
    interpreter = f"ansible_python_interpreter={sys.executable}"
    done = subprocess.run(
        [*command, "-e", interpreter, "-a", json.dumps(options), *words],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "collections"),
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.oneline",
            "ANSIBLE_NOCOLOR": "true",
            "K8S_AUTH_KUBECONFIG": kubeconfig(),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    _, _, text = done.stdout.partition("=> ")
    found: dict[str, Any] = json.loads(text) if text else {"failed": True, "msg": done.stdout + done.stderr}
    return found


def writes(lab: dict[str, Any], begin: judge.Mark, name: str) -> list[str]:
    """What we wrote to an object since a mark."""
    time.sleep(0.5)
    requests = (judge.parse(line) for line in judge.lines_since(Path(lab["audit_log"]), begin))
    return [one.verb for one in requests if one.write and one.user == judge.USER and name in one.object]


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what another part of the cluster brings about."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(0.2)


def test_pages_are_the_whole(cluster: Cluster) -> None:
    whole = [item["metadata"]["uid"] for item in cluster.list("v1", "ConfigMap")]
    assert [item["metadata"]["uid"] for item in cluster.list("v1", "ConfigMap", page=2)] == whole != []


def test_metadata_only_leaves_secrets_secret(cluster: Cluster, namespace: str) -> None:
    secret = {"metadata": {"name": "s", "namespace": namespace}, "stringData": {"password": "canary"}}
    cluster.create({"apiVersion": "v1", "kind": "Secret", **secret})
    (found,) = cluster.list("v1", "Secret", namespace, metadata_only=True)
    assert (found["metadata"]["name"], found["kind"], "canary" in str(found), "data" in found) == (
        "s",
        "Secret",
        False,
        False,
    )


def test_a_watch_sees_what_comes(cluster: Cluster, namespace: str) -> None:
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": namespace}}
    version = cluster.create(made)["metadata"]["resourceVersion"]
    cluster.patch("v1", "ConfigMap", "a", {"data": {"k": "v"}}, namespace)
    cluster.delete("v1", "ConfigMap", "a", namespace)
    events = cluster.watch("v1", "ConfigMap", namespace, timeout_seconds=2, resource_version=version)
    assert [kind for kind, item in events if item["metadata"]["name"] == "a"] == ["MODIFIED", "DELETED"]


@pytest.mark.usefixtures("lab")
def test_logs_of_a_pod(cluster: Cluster, namespace: str) -> None:
    container = {"name": "main", "image": "lab.registry/bb:1", "command": ["sh", "-c", "echo one; sleep 1; echo two"]}
    place = {"nodeSelector": {"lab": "real"}, "terminationGracePeriodSeconds": 0}
    cluster.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p", "namespace": namespace},
            "spec": {"restartPolicy": "Never", "containers": [container], **place},
        }
    )

    def started() -> bool:
        pod = cluster.get("v1", "Pod", "p", namespace) or {}
        return pod["status"].get("phase") not in (None, "Pending")

    eventually(started)
    assert list(cluster.stream_logs(namespace, "p", container="main")) == ["one", "two"]
    assert cluster.logs(namespace, "p", tail_lines=1) == "two\n"


def test_a_stranger_gets_the_role_that_is_missing(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bot", "namespace": namespace}}
    cluster.create(account)
    token = json.loads(
        cluster.raw("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/bot/token", body={"spec": {}})
    )["status"]["token"]
    authority = tmp_path / "ca.crt"
    bundle = cluster.get("v1", "ConfigMap", "kube-root-ca.crt", "kube-system")
    assert bundle
    authority.write_text(bundle["data"]["ca.crt"], encoding="utf-8")
    stranger = connect({"host": cluster.host, "api_key": token, "ca_cert": str(authority)})
    with pytest.raises(Forbidden) as refused:
        stranger.list("v1", "Secret", namespace)
    role = yaml.safe_load(str(refused.value).partition("\n")[2])
    cluster.create(role)
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": role["kind"], "name": role["metadata"]["name"]}
    cluster.create(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "bot", "namespace": namespace},
            "roleRef": reference,
            "subjects": [{"kind": "ServiceAccount", "name": "bot", "namespace": namespace}],
        }
    )
    asked = {"verb": "list", "resource": "secrets", "namespace": namespace}
    eventually(lambda: stranger.can_i([asked, {**asked, "verb": "delete"}]) == [True, False])
    assert stranger.list("v1", "Secret", namespace) == []


def test_an_unknown_authority_is_told(cluster: Cluster) -> None:
    with pytest.raises(Unreachable, match="signed by an unknown authority: set ca_cert"):
        connect({"host": cluster.host, "api_key": "x"}).server_version()


def test_acting_for_somebody_else() -> None:
    other = connect({"kubeconfig": kubeconfig(), "impersonate_user": "jo", "impersonate_groups": ["nobody"]})
    with pytest.raises(Forbidden, match="jo may not list nodes in the whole cluster"):
        other.list("v1", "Node")


def test_facts_of_the_lab(cluster: Cluster, lab: dict[str, Any]) -> None:
    begin = judge.mark(Path(lab["audit_log"]))
    found = gather(cluster)
    names = {item["name"]: item for item in found["nodes"]}
    assert names["lab-0"]["ready"]
    assert names["lab-0"]["runtime"].startswith("containerd://")
    assert found["uid"] == cluster.uid()
    assert "apps/v1" in found["apis"]
    assert "shared" in [item["name"] for item in found["storage_classes"]]
    assert writes(lab, begin, "") == []


def test_marks_are_given_once_and_taken_back(cluster: Cluster, lab: dict[str, Any], node: str) -> None:
    manager = f"test-{node}"
    wish = {"labels": {LABEL: "a"}, "annotations": {LABEL: "b"}, "taints": [TAINT]}
    options = {"nodes": {node: wish}, "field_manager": manager}
    assert ansible("node_labels", "--check", **options)["changed"]
    assert LABEL not in object_of(cluster, node)["metadata"].get("labels", {})
    assert ansible("node_labels", **options)["nodes"] == [node]
    marked = object_of(cluster, node)
    assert (marked["metadata"]["labels"][LABEL], marked["metadata"]["annotations"][LABEL]) == ("a", "b")
    assert TAINT["key"] in [taint["key"] for taint in marked["spec"]["taints"]]
    begin = judge.mark(Path(lab["audit_log"]))
    assert not ansible("node_labels", **options)["changed"]
    assert writes(lab, begin, node) == []
    assert ansible("node_labels", field_manager=manager)["nodes"] == [node]
    bare = object_of(cluster, node)
    assert LABEL not in {**bare["metadata"].get("labels", {}), **bare["metadata"].get("annotations", {})}
    assert TAINT["key"] not in [taint["key"] for taint in bare["spec"].get("taints", [])]


def test_a_foreign_mark_is_refused_with_its_owner(cluster: Cluster, node: str) -> None:
    cluster.patch("v1", "Node", node, {"metadata": {"labels": {LABEL: "theirs"}}}, field_manager="kubectl-label")
    options = {"nodes": {node: {"labels": {LABEL: "ours"}}}, "field_manager": f"test-{node}"}
    refused = ansible("node_labels", **options)
    assert f"label {LABEL} is 'theirs', set by kubectl-label, not 'ours'" in refused["msg"]
    assert ansible("node_labels", **options, force=True)["changed"]
    assert object_of(cluster, node)["metadata"]["labels"][LABEL] == "ours"


def test_a_node_that_is_gone_is_not_made_again(cluster: Cluster, node: str) -> None:
    uid = object_of(cluster, node)["metadata"]["uid"]
    cluster.delete("v1", "Node", node)
    with pytest.raises(Conflict):
        cluster.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node, "uid": uid}}, force=True)
    assert cluster.get("v1", "Node", node) is None
