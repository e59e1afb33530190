# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What is asked of the cluster, and what is made of the answers."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Forbidden
from ansible_collections.swift.k8s.plugins.module_utils._constraints import (
    namespaces,
    observe,
    outside,
    published,
)
from ansible_collections.swift.k8s.plugins.module_utils._constraints.clock import parse, skews
from ansible_collections.swift.k8s.plugins.module_utils._constraints.registry import Registries
from ansible_collections.swift.k8s.plugins.module_utils._constraints.settle import settle
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)
PLAN: dict[str, Any] = {
    "labels": {"gpu-1": {"a": "b"}},
    "vendors": {
        "nvidia": {
            "action": "install",
            "nodes": ["gpu-1"],
            "options": {"namespace": "ndp"},
            "values": {"image": {"repository": "nvcr.io/nvidia/k8s-device-plugin", "tag": "v1"}},
        },
        "ascend": {
            "action": "install",
            "nodes": ["npu-1"],
            "options": {"exporter": True},
            "image": "swr.example/dp:1",
            "exporter_image": "swr.example/exporter:1",
        },
    },
}
RAW: dict[str, Any] = {
    "claims": [{"name": "models", "size": "10Gi", "nfs": {"server": "x"}}],
    "releases": [
        {
            "name": "qwen",
            "values": {
                "replicaCount": 2,
                "accelerator": {"vendor": "nvidia", "count": 4},
                "image": "quay.io/ms-swift:1",
            },
        }
    ],
    "images": ["quay.io/extra:1"],
}
WISHES = settle(normalise(RAW), {}, PLAN)


Objects = list[dict[str, Any]]


class Cluster:
    """Answers for one namespace."""

    def __init__(self, denied: set[tuple[str, str]] | None = None, hidden: tuple[str, ...] = ()) -> None:
        self.denied, self.hidden, self.reviews = denied or set(), hidden, 0
        self.objects: dict[str, list[dict[str, Any]]] = {
            "Lease": [{"metadata": {"name": "gpu-1"}, "spec": {"renewTime": "2026-05-01T00:00:00.000000Z"}}],
            "PersistentVolumeClaim": [
                {
                    "metadata": {"name": "models"},
                    "spec": {"accessModes": ["ReadWriteOnce"]},
                    "status": {"phase": "Bound"},
                }
            ],
            "ResourceQuota": [
                {"status": {"hard": {"requests.nvidia.com/gpu": "10"}, "used": {"requests.nvidia.com/gpu": "4"}}}
            ],
        }

    def get(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None) -> Optional[dict[str, Any]]:
        labels = {"pod-security.kubernetes.io/enforce": "baseline"}
        return {"metadata": {"name": name, "labels": labels}} if name == "ms-swift" else None

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: Optional[str] = None,
        label_selector: Optional[str] = None,
        field_selector: Optional[str] = None,
    ) -> Objects:
        if kind in self.hidden:
            raise Forbidden("no")
        return self.objects.get(kind, [])

    def can_i(self, checks: Any) -> Any:
        self.reviews += len(checks)
        return [(check["verb"], check["resource"]) not in self.denied for check in checks]

    def whoami(self) -> str:
        return "system:serviceaccount:ci:deployer"


def test_observe() -> None:
    denied_verbs = {("*", "*"), ("create", "daemonsets"), ("patch", "daemonsets"), ("list", "nodes")}
    seen = observe.observe(Cluster(denied_verbs), {}, WISHES, PLAN)
    assert seen["claims"] == {"ms-swift/models": {"access_modes": ["ReadWriteOnce"], "phase": "Bound"}}
    assert [(item["name"], item["exists"], item["managed"]) for item in seen["namespaces"]] == [
        ("kube-system", False, False),
        ("ms-swift", True, False),
        ("ndp", False, True),
    ]
    assert seen["namespaces"][1]["quota"] == ["requests.nvidia.com/gpu: 10 allowed, 4 used, 8 more wished"]
    assert seen["clock_skew"]["gpu-1"] > 0
    denied = {item["subject"]: item["resources"] for item in seen["permissions"]}
    assert denied == {
        "cluster": "nodes (list)",
        "namespace kube-system": "daemonsets.apps (create, patch)",
        "namespace ndp": "daemonsets.apps (create, patch)",
    }
    roles = [item["metadata"]["namespace"] for item in seen["roles"] if item["kind"] == "Role"]
    assert roles == ["kube-node-lease", "kube-system", "ms-swift", "ndp"]


def test_what_may_not_be_seen_is_said() -> None:
    seen = observe.observe(Cluster(hidden=("Lease", "ResourceQuota", "Event")), {}, WISHES, PLAN)
    assert (seen["clock_skew"], seen["namespaces"][1]["quota"]) == ({}, [])
    assert seen["claims"]["ms-swift/models"]["phase"] == "Bound"
    assert seen["unseen"] == [
        "Lease of kube-node-lease may not be seen",
        "ResourceQuota of ms-swift may not be seen",
        "Event of the cluster may not be seen",
    ]


def test_administrators_are_asked_once() -> None:
    cluster = Cluster({("patch", "nodes")})
    seen = observe.observe(cluster, {}, WISHES, PLAN)
    assert (seen["permissions"], seen["roles"], cluster.reviews) == ([], [], 1)


@pytest.mark.parametrize(
    ("installed", "claims", "expected"),
    [
        ([], [], {"requests.nvidia.com/gpu": 8, "persistentvolumeclaims": 1, "requests.storage": 10 * 2**30}),
        (["qwen"], ["ms-swift/models"], {}),
    ],
)
def test_demand(installed: list[str], claims: list[str], expected: dict[str, float]) -> None:
    assert namespaces.demand_of("ms-swift", WISHES, installed, claims) == expected


def test_storage_quota_in_words() -> None:
    quota = {"status": {"hard": {"requests.storage": "15Gi"}, "used": {"requests.storage": "10Gi"}}}
    wish = {"needed": "restricted", "needed_by": "x", "managed": False}
    found = namespaces.subject("n", wish, None, [quota], {"requests.storage": 10 * 2**30})
    assert found["quota"] == ["requests.storage: 15Gi allowed, 10Gi used, 10Gi more wished"]


def test_images_and_their_users() -> None:
    device = {"vendor": "nvidia", "resource": "nvidia.com/gpu"}
    facts = {
        "nodes": [
            {"name": "gpu-1", "arch": "amd64", "ready": True, "accelerators": [device]},
            {"name": "npu-1", "arch": "arm64", "ready": True},
        ]
    }
    wanted = observe.wished_images(facts, WISHES, PLAN)
    assert wanted == {
        "nvcr.io/nvidia/k8s-device-plugin:v1": {"used_by": ["nvidia device plugin"], "needs": {"amd64"}},
        "swr.example/dp:1": {"used_by": ["ascend device plugin"], "needs": {"arm64"}},
        "swr.example/exporter:1": {"used_by": ["ascend device plugin"], "needs": {"arm64"}},
        "quay.io/ms-swift:1": {"used_by": ["release qwen"], "needs": {"amd64"}},
        "quay.io/extra:1": {"used_by": ["preflight_images"], "needs": set()},
    }
    assert outside.images(wanted, {"quay.io", "nvcr.io"}) == ["swr.example/dp:1", "swr.example/exporter:1"]


def with_nfd(image: dict[str, str], version: str = "0.20.0") -> dict[str, Any]:
    values = {"nfd": {"enabled": True, "image": image}}
    part = {"action": "install", "nodes": ["gpu-1"], "options": {"version": version}, "values": values}
    return {"vendors": {"nvidia": part}}


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (with_nfd({}), [f"{observe.NFD}:v0.19.0"]),
        (with_nfd({"repository": "mirror.site/nfd"}), ["mirror.site/nfd:v0.19.0"]),
        (with_nfd({"tag": "v1"}, "0.17.1"), [f"{observe.NFD}:v1"]),
        # which one an older chart brings is not known here
        (with_nfd({}, "0.17.1"), []),
    ],
)
def test_node_feature_discovery(plan: dict[str, Any], expected: list[str]) -> None:
    assert list(observe.wished_images({"nodes": [{"name": "gpu-1"}]}, normalise({}), plan)) == expected


def test_images_that_the_run_starts_itself() -> None:
    facts = {"nodes": [{"name": "a", "arch": "arm64", "ready": True}]}
    wishes = normalise({"models": [{"id": "a/b"}], "smoke_image": "busybox:1.37", "registry": "mirror.site"})
    wanted = observe.wished_images(facts, settle(wishes, facts, {}), {})
    assert {name: (entry["used_by"], entry["needs"]) for name, entry in wanted.items()} == {
        published.seeding("mirror.site"): (["model_cache_image"], {"arm64"}),
        "busybox:1.37": (["device_plugin_smoke_image"], {"arm64"}),
    }
    named = normalise({"models": [{"id": "a/b"}], "seed_image": "r.io/py:3"})
    assert list(observe.wished_images(facts, named, {})) == ["r.io/py:3"]
    assert observe.wished_images(facts, normalise({"seed_image": "r.io/py:3"}), {}) == {}


def test_other_addresses_outside() -> None:
    models = [
        {"id": "Qwen/A"},
        {"id": "b", "hub": "huggingface"},
        {"id": "c", "endpoint": "http://hub"},
        {"id": "d", "hub": "mirror"},
    ]
    assert outside.models(models) == ["www.modelscope.cn (model Qwen/A)", "huggingface.co (model b)"]
    options = {"chart": "nvidia-device-plugin", "repository": outside.CHART_REPOSITORY}
    part = {"action": "install", "values": {"image": {}}, "options": options}
    assert outside.charts({"vendors": {"nvidia": part}}) == [f"{outside.CHART_REPOSITORY} (chart nvidia-device-plugin)"]
    assert outside.charts({"vendors": {"nvidia": {**part, "options": {**options, "chart": "./x.tgz"}}}}) == []


def test_images_without_the_nodes_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"status": "found", "architectures": ["amd64"], "detail": ""}
    monkeypatch.setattr(Registries, "look", lambda _self, _image: answer)
    (found,) = observe.images(Registries(), {"r.io/x:1": {"used_by": ["a"], "needs": {"amd64", "arm64"}}})
    assert found["missing_architectures"] == ["arm64"]


@pytest.mark.parametrize(
    ("renewed", "skew"),
    [
        ("2026-05-01T00:00:00Z", 0),
        ("2026-04-30T23:59:50.5Z", 0),
        ("2026-04-30T23:58:00Z", 105),
        ("2026-05-01T00:02:00Z", 120),
    ],
)
def test_clock(renewed: str, skew: int) -> None:
    leases = [{"metadata": {"name": "a"}, "spec": {"renewTime": renewed}}, {"metadata": {"name": "b"}}]
    assert skews(leases, NOW) == {"a": skew}
    assert parse("2026-05-01T00:00:00Z") == NOW


HOLDER = {"models": [{"id": "a/b"}], "models_claim": "modls"}
#: wishes -> what is advised about the claim that is nowhere
HOLDERS: list[tuple[dict[str, Any], str]] = [
    (HOLDER, "Add it to storage_claims, or name one that is there."),
    ({**HOLDER, "claims": [{"name": "models"}]}, "Did you mean models? Add it"),
    ({**HOLDER, "claims": [{"name": "modls"}]}, ""),
    ({**HOLDER, "models_claim": "ms-swift"}, ""),
    ({**HOLDER, "models": []}, ""),
    ({**HOLDER, "models_claim": ""}, ""),
]


@pytest.mark.parametrize(("wishes", "expected"), HOLDERS)
def test_the_claim_of_the_models(wishes: dict[str, Any], expected: str) -> None:
    seen = observe.observe(Cluster(), {}, settle(normalise(wishes), {}, {}), {})
    assert seen["models_claim"].get("advice", "").startswith(expected)
    assert bool(seen["models_claim"]) == bool(expected)


class Blind(Cluster):
    """May not look at claims."""

    def get(self, api_version: str, kind: str, name: str, namespace: Optional[str] = None) -> Optional[dict[str, Any]]:
        if kind == "PersistentVolumeClaim":
            raise Forbidden("not allowed")
        return super().get(api_version, kind, name, namespace)


def test_a_claim_that_may_not_be_seen_may_be_there() -> None:
    assert observe.observe(Blind(), {}, settle(normalise(HOLDER), {}, {}), {})["models_claim"] == {}
