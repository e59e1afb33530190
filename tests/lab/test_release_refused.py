# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the API server would refuse half-way is found in the plan: refused in one sentence, and nothing was written."""

from __future__ import annotations

import base64
import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.swift.k8s.plugins.module_utils._release import info, store
from ansible_collections.swift.k8s.plugins.module_utils._release.errors import HelmError, RefusedError, StoreError

from tests.lab.releases import named
from tests.lab.trouble import Object, Raw, config, deployment, raw, stateful_set

__all__ = ["raw"]
pytestmark = pytest.mark.lab
NONE = {"kwok.x-k8s.io/node": "none"}
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(autouse=True)
def cleared(raw: Raw) -> Iterator[None]:
    yield
    raw.send(state="absent")


def parked(item: Object) -> Object:
    """The same workload without pods: what is asked here is the API server alone."""
    item["spec"]["replicas"] = 0
    return item


def job(image: str) -> Object:
    container = {"name": "work", "image": image}
    pod = {"restartPolicy": "Never", "nodeSelector": NONE, "containers": [container]}
    spec = {"suspend": True, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": spec}


def service(address: str) -> Object:
    spec = {"selector": {"a": "b"}, "ports": [{"port": 80}], "clusterIP": address}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "service"}, "spec": spec}


def storage_class(name: str, policy: str) -> Object:
    about = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    return {**about, "provisioner": "none.example", "reclaimPolicy": policy}


def selecting(label: str) -> Object:
    item = parked(deployment("selects", "sleep"))
    item["spec"]["selector"]["matchLabels"] = {"app": "selects", "tier": label}
    item["spec"]["template"]["metadata"]["labels"] = {"app": "selects", "tier": label}
    return item


def claiming(size: str) -> Object:
    item = parked(stateful_set("claims", "sleep"))
    wish = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    item["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": wish}]
    return item


CLASS = named("class")
IMMUTABLE = {
    "Deployment": (selecting("front"), selecting("back"), r"spec\.selector\.matchLabels\.tier"),
    "StatefulSet": (claiming("1Gi"), claiming("2Gi"), r"spec\.volumeClaimTemplates"),
    "Job": (job("a:1"), job("a:2"), r"spec\.template"),
    "Service": (service("None"), service("ANY"), r"spec\.clusterIP"),
    "StorageClass": (storage_class(CLASS, "Delete"), storage_class(CLASS, "Retain"), "reclaimPolicy"),
}


@pytest.mark.parametrize("kind", IMMUTABLE)
def test_immutable_fields(raw: Raw, kind: str) -> None:
    old, new, field = IMMUTABLE[kind]
    if kind == "Service":
        first = raw.cluster.get("v1", "Service", "kubernetes", "default") or {}
        new["spec"]["clusterIP"] = first["spec"]["clusterIP"].rpartition(".")[0] + ".222"
    raw.send(old)
    name = old["metadata"]["name"]
    live = raw.get(kind, old["apiVersion"], name)
    with pytest.raises(ClusterError):  # the API server itself will not have it
        raw.cluster.replace({**copy.deepcopy(live), **{k: v for k, v in new.items() if k != "metadata"}}, dry_run=True)
    with pytest.raises(RefusedError, match=rf"{kind} \S*{name} {field}.* cannot change.*recreate: \[{kind}\]"):
        raw.send(new)
    assert raw.get(kind, old["apiVersion"], name)["metadata"]["uid"] == live["metadata"]["uid"]
    done = raw.send(new, recreate=[kind])["releases"][0]
    assert [one["change"] for one in done["objects"]] == ["recreated"]
    assert raw.get(kind, old["apiVersion"], name)["metadata"]["uid"] != live["metadata"]["uid"]
    assert not raw.send(new, recreate=[kind])["changed"]


def test_namespace_that_goes(raw: Raw) -> None:
    name = named("goes")
    held = {**config("held"), "metadata": {"name": "held", "namespace": name, "finalizers": ["swift.k8s/test"]}}
    raw.cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    raw.cluster.create(held)
    raw.cluster.delete("v1", "Namespace", name)
    try:
        with pytest.raises(RefusedError, match=f"the namespace {name} is being deleted since .*wait until it is gone"):
            raw.send(config("a"), namespace=name)
    finally:
        raw.cluster.patch("v1", "ConfigMap", "held", {"metadata": {"finalizers": None}}, namespace=name)


def test_check_mode_of_a_namespace_that_is_not_there(raw: Raw) -> None:
    name = named("new")
    with pytest.raises(RefusedError, match=f"there is no namespace {name}; make it, or set create_namespace: true"):
        raw.send(config("a"), namespace=name, create_namespace=False)
    forecast = raw.send(config("a"), namespace=name, check=True)
    assert (forecast["changed"], forecast["releases"][0]["action"]) == (True, "install")
    assert raw.cluster.get("v1", "Namespace", name) is None


def test_objects_of_another_release(raw: Raw) -> None:
    raw.send(config("shared"), name="owner")
    try:
        with pytest.raises(HelmError, match=r"ConfigMap \S+/shared is there and belongs to release owner; give .*"):
            raw.send(config("shared"))
        assert raw.send(config("shared", more="x"), take_ownership=True)["changed"]
        assert raw.get("ConfigMap", name="shared")["data"] == {"more": "x"}
    finally:
        raw.send(name="owner", state="absent")


def test_record_too_large_for_a_secret(raw: Raw) -> None:
    (raw.chart / "model.bin").write_bytes(random.Random(1).randbytes(900 * 1024))
    try:
        with pytest.raises(
            RefusedError, match=r"record of it would have 1\d\d\d KiB, and a Secret holds 1024; .*model\.bin"
        ):
            raw.send(config("a"))
    finally:
        (raw.chart / "model.bin").unlink()
    assert store.newest(raw.cluster, [(raw.namespace, "raw")]) == {}


def test_weight_is_what_helm_writes(raw: Raw) -> None:
    """Our forecast of the record's size against the Secret that helm made of it."""
    (raw.chart / "model.bin").write_bytes(random.Random(1).randbytes(300 * 1024))
    try:
        raw.send(config("a"))
        secret = raw.cluster.get("v1", "Secret", store.secret_name("raw", 1), raw.namespace)
        assert secret is not None
        written = len(base64.b64decode(secret["data"]["release"]))
        body = store._payload(secret)
        assert abs(store.weight(__import__("json").dumps(body)) - written) < written * 0.03
    finally:
        (raw.chart / "model.bin").unlink()


def test_another_cluster_than_the_inventory_says(raw: Raw) -> None:
    with pytest.raises(RefusedError, match=r"this is cluster \S+, not 0b9ad3a4; the kubeconfig or context belongs"):
        raw.send(config("a"), cluster_uid="0b9ad3a4")
    assert raw.send(config("a"), cluster_uid=raw.cluster.uid())["changed"]


def test_damaged_record(raw: Raw) -> None:
    raw.send(config("a"))
    raw.send(config("b"), name="well")
    name = store.secret_name("raw", 1)
    good = raw.cluster.get("v1", "Secret", name, raw.namespace)
    assert good is not None
    junk = base64.b64encode(b"junk").decode()
    raw.cluster.patch("v1", "Secret", name, {"data": {"release": junk}}, namespace=raw.namespace)
    try:
        with pytest.raises(StoreError, match=rf"record {raw.namespace}/{name} is damaged .*restore the Secret"):
            raw.send(config("a"))
        found = {one["name"]: one for one in info.releases(raw.cluster, raw.namespace, [], True, False)}
        assert (found["raw"]["status"], found["well"]["status"]) == ("damaged", "deployed")
        assert "is damaged" in found["raw"]["description"]
    finally:
        raw.cluster.patch("v1", "Secret", name, {"data": good["data"]}, namespace=raw.namespace)
        raw.send(name="well", state="absent")


def defining(folder: Path, group: str, **properties: Any) -> None:
    """A chart's definition of Pools with these fields in their spec."""
    import json  # noqa: PLC0415

    spec = {"type": "object", "properties": properties}
    version = {"name": "v1", "served": True, "storage": True}
    version["schema"] = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    names = {"plural": "pools", "singular": "pool", "kind": "Pool"}
    body = {"group": group, "scope": "Namespaced", "names": names, "versions": [version]}
    about = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    (folder / "crds").mkdir(exist_ok=True)
    text = json.dumps({**about, "metadata": {"name": f"pools.{group}"}, "spec": body})
    (folder / "crds/pools.yaml").write_text(text)


def test_definitions_of_a_chart(raw: Raw) -> None:
    """A new field is there before the objects that use it; a field in use is not taken away."""
    group = f"{named('t')}.example.com"
    text = {"type": "string"}
    pool = {"apiVersion": f"{group}/v1", "kind": "Pool", "metadata": {"name": "one"}, "spec": {"old": "x"}}
    try:
        defining(raw.chart, group, old=text)
        raw.send(pool)
        defining(raw.chart, group, old=text, new=text)
        pool["spec"] = {"old": "x", "new": "y"}
        done = raw.send(pool)
        assert [one["change"] for one in done["releases"][0]["objects"]] == ["changed", "changed"]
        assert raw.get("Pool", f"{group}/v1", "one")["spec"] == {"old": "x", "new": "y"}
        defining(raw.chart, group, old=text)
        with pytest.raises(
            RefusedError, match=r"lose data: field v1\.spec\.new is gone and would be pruned from \S+/one"
        ):
            raw.send(pool)
        pool["spec"] = {"old": "x"}
        raw.cluster.patch(f"{group}/v1", "Pool", "one", {"spec": {"new": None}}, namespace=raw.namespace)
        assert raw.send(pool)["changed"]
        live = raw.cluster.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"pools.{group}")
        assert live is not None
        schema = live["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        assert list(schema["properties"]["spec"]["properties"]) == ["old"]
    finally:
        (raw.chart / "crds/pools.yaml").unlink()
        raw.send(state="absent")
        raw.cluster.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"pools.{group}")
