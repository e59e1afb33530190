# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What happens to a cluster while a release is upgraded: quotas, webhooks, restarts, and somebody else."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._release import store
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import HelmError, ReleaseError, StuckError
from lab import control
from lab.paths import Paths

from tests.lab.trouble import Raw, config, raw

__all__ = ["raw"]
pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def cleared(raw: Raw) -> Iterator[None]:
    yield
    raw.send(state="absent")


def configs(raw: Raw) -> dict[str, str]:
    """The release's ConfigMaps: name -> text."""
    found = raw.cluster.list("v1", "ConfigMap", raw.namespace, label_selector="app.kubernetes.io/managed-by=Helm")
    return {item["metadata"]["name"]: item["data"]["text"] for item in found}


def test_quota_in_the_middle_of_an_upgrade(raw: Raw) -> None:
    raw.send(config("a", text="one"))
    here = len(raw.cluster.list("v1", "ConfigMap", raw.namespace))
    about = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full", "namespace": raw.namespace}}
    raw.cluster.create({**about, "spec": {"hard": {"count/configmaps": str(here + 1)}}})
    for _attempt in range(50):
        quota = raw.cluster.get("v1", "ResourceQuota", "full", raw.namespace)
        if quota and (quota.get("status") or {}).get("used"):
            break
        time.sleep(0.1)
    wanted = [config("a", text="two"), config("b", text="two"), config("c", text="two")]
    try:
        with pytest.raises(HelmError, match=r"exceeded quota: full(.|\n)*was rolled back to revision 1; correct"):
            raw.send(*wanted)
        assert configs(raw) == {"a": "one"}
        assert not raw.send(config("a", text="one"))["changed"]
    finally:
        raw.cluster.delete("v1", "ResourceQuota", "full", raw.namespace)
    raw.send(*wanted)
    assert configs(raw) == {"a": "two", "b": "two", "c": "two"}


#: An address of the lab's own network that nobody has.
SILENT = "https://10.99.0.250/"


def test_webhook_that_does_not_answer(raw: Raw) -> None:
    raw.send(config("a", text="one"))
    name = f"slow-{raw.namespace}"
    hook = {
        "name": "slow.example.com",
        "clientConfig": {"url": SILENT},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": raw.namespace}},
        "timeoutSeconds": 1,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    about = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    raw.cluster.create({**about, "metadata": {"name": name}, "webhooks": [hook]})
    try:
        time.sleep(1)  # the API server reads its webhooks from a cache
        with pytest.raises(HelmError, match=r'failed calling webhook "slow\.example\.com".*deadline exceeded'):
            raw.send(config("a", text="two"))
    finally:
        raw.cluster.delete(about["apiVersion"], about["kind"], name)
    time.sleep(1)
    assert configs(raw) == {"a": "one"}
    raw.send(config("a", text="two"))
    assert configs(raw) == {"a": "two"}


def test_two_runs_at_the_same_time(raw: Raw) -> None:
    """One wins, the other says so; neither undoes the other's work, and a rerun agrees with the winner.

    On a busy machine one may have ended before the other looks: then both win, one after the other.
    """
    raw.send(config("a", text="start"))
    revisions, refused = 1, 0
    for number in range(4):
        together = threading.Barrier(2)

        def run(text: str, together: threading.Barrier = together) -> str:
            together.wait()
            try:
                raw.send(config("a", text=text))
            except StuckError:
                return ""
            return text

        with ThreadPoolExecutor(2) as pool:
            won = [text for text in pool.map(run, (f"x{number}", f"y{number}")) if text]
        revisions, refused = revisions + len(won), refused + 2 - len(won)
        now = configs(raw)["a"]
        assert now in won
        assert not raw.send(config("a", text=now))["changed"]
        if refused == 3:
            break
    assert refused
    history = store.history(raw.cluster, raw.namespace, "raw")
    assert [one.status for one in history] == ["deployed", *["superseded"] * (revisions - 1)]


def test_api_server_that_dies_during_an_upgrade(raw: Raw) -> None:
    """Whether helm lived through it or not, the same task converges."""
    raw.send(config("a", text="one"))
    with ThreadPoolExecutor(1) as pool:
        upgrade = pool.submit(raw.send, config("a", text="two"))
        time.sleep(0.6)
        control.call(Paths.here().control, "restart", name="kube-apiserver", signal="SIGKILL")
        try:
            upgrade.result()
        except (ReleaseError, ClusterError):
            raw.send(config("a", text="two"), repair_stuck=True, stuck_after=0)
    assert configs(raw) == {"a": "two"}
    assert not raw.send(config("a", text="two"))["changed"]


def test_long_history(raw: Raw) -> None:
    """300 revisions: an unchanged run reads one record, a rollback finds its goal."""
    for text in ("one", "two"):
        raw.send(config("a", text=text), history_max=0)
    old, new = (raw.cluster.get("v1", "Secret", store.secret_name("raw", n), raw.namespace) for n in (1, 2))
    assert old is not None
    assert new is not None
    for number in range(3, 300):
        raw.cluster.raw("POST", f"/api/v1/namespaces/{raw.namespace}/secrets", None, numbered(old, number))
    raw.cluster.raw("POST", f"/api/v1/namespaces/{raw.namespace}/secrets", None, numbered(new, 300))
    raw.cluster.delete("v1", "Secret", store.secret_name("raw", 2), raw.namespace)
    raw.cluster.raw("POST", f"/api/v1/namespaces/{raw.namespace}/secrets", None, numbered(old, 2))
    same = raw.send(config("a", text="two"))
    assert not same["changed"]
    assert same["requests"]["GET"] <= 5
    back = raw.send(state="rolled_back", history_max=0)["releases"][0]
    assert (back["revision"], back["reasons"]) == (301, ["from revision 300 to revision 299"])
    assert configs(raw) == {"a": "one"}
    # helm takes a hundred seconds to remove so many records, one after the other
    raw.cluster.raw(
        "DELETE", f"/api/v1/namespaces/{raw.namespace}/secrets", {"labelSelector": "owner=helm,version!=301"}
    )


def numbered(secret: dict[str, Any], number: int) -> dict[str, Any]:
    """The same record under another number."""
    body = {**store._payload(secret), "version": number}
    metadata = secret["metadata"]
    labels = {**metadata["labels"], "version": str(number), store.READY_LABEL: str(number)}
    data = base64.b64encode(base64.b64encode(json.dumps(body).encode())).decode()
    about = {"name": store.secret_name("raw", number), "namespace": metadata["namespace"], "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "type": secret["type"], "metadata": about, "data": {"release": data}}
