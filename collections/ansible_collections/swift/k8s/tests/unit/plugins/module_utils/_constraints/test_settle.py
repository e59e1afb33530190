# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What the chart makes of wishes on a cluster."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints import published
from ansible_collections.swift.k8s.plugins.module_utils._constraints.errors import RuleError
from ansible_collections.swift.k8s.plugins.module_utils._constraints.settle import settle
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

NODES = [{"name": "gpu-1", "accelerators": [{"vendor": "nvidia", "resource": "nvidia.com/gpu", "count": 8}]}]
MODELSCOPE = f"modelscope-repo/modelscope:{published.ENGINES['nvidia']['tag']}"
PUBLIC = f"modelscope-registry.cn-hangzhou.cr.aliyuncs.com/{MODELSCOPE}"
ASCEND = f"ascend/ms-swift:{published.ENGINES['ascend']['tag']}"


def release(values: dict[str, Any], **wishes: Any) -> dict[str, Any]:
    whole = normalise({"releases": [{"name": "qwen", "values": values}], **wishes})
    found: dict[str, Any] = settle(whole, {"nodes": NODES}, {})["releases"][0]
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"vendor": "nvidia", "resource": "nvidia.com/gpu", "count": 1, "replicas": 1}),
        ({"accelerator": {"vendor": "cpu"}}, {"vendor": "cpu", "resource": "", "count": 0, "limits": {}}),
        (
            {"accelerator": {"vendor": "nvidia", "count": 4}, "resources": {"limits": {"memory": "9Gi"}}},
            {"limits": {"memory": "9Gi", "nvidia.com/gpu": 4}},
        ),
        ({"task": "download", "accelerator": {"vendor": "nvidia"}}, {"vendor": "cpu", "count": 0}),
        ({"task": "eval", "eval": {"url": "http://x"}}, {"vendor": "cpu", "count": 0}),
        ({"task": "eval"}, {"vendor": "nvidia", "count": 1}),
        ({"task": "app", "ui": {"baseUrl": "http://x"}}, {"vendor": "cpu", "count": 0}),
        ({"replicaCount": 3, "engine": {"backend": "vllm"}}, {"replicas": 3, "backend": "vllm"}),
        ({"replicaCount": 0}, {"replicas": 0}),
        ({"replicaCount": 2, "engine": {"nodes": 2}}, {"replicas": 4}),
        ({"task": "sft", "replicaCount": 5, "train": {"nodes": 2}}, {"replicas": 2}),
    ],
)
def test_devices(values: dict[str, Any], expected: dict[str, Any]) -> None:
    found = release(values)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("entry", "model"),
    [
        ({"model": "a/b"}, "a/b"),
        ({"model": {"id": "a/b"}}, "a/b"),
        ({"values": {"model": {"id": "a/b"}}}, "a/b"),
        ({"model": "a/b", "values": {"model": {"id": "a/c"}}}, "a/c"),
        ({"values": {"env": {"MODEL_NAME": "qwen-plus"}}}, "qwen-plus"),
        ({"values": {"model": {"path": "/cache/outputs/x"}}}, ""),
    ],
)
def test_the_model_is_that_of_the_chart(entry: dict[str, Any], model: str) -> None:
    assert normalise({"releases": [{"name": "r", **entry}]})["releases"][0]["model_id"] == model


@pytest.mark.parametrize(
    ("model", "engine", "low", "high"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", {}, 3_500, 5_000),
        ("Qwen/Qwen2.5-7B-Instruct", {"tensorParallel": 1}, 17_000, 20_000),
        ("Qwen/Qwen2.5-7B-Instruct", {"tensorParallel": "2"}, 9_000, 12_000),
        ("deepseek-ai/DeepSeek-V3", {}, 85_000, 95_000),
        ("deepseek-ai/DeepSeek-V3", {"nodes": 2}, 45_000, 50_000),
    ],
)
def test_memory_of_a_device_by_those_that_share_a_copy(model: str, engine: dict[str, Any], low: int, high: int) -> None:
    values = {"engine": engine, "accelerator": {"vendor": "nvidia", "count": 8}}
    whole = normalise({"releases": [{"name": "r", "model": model, "values": values}]})
    found = settle(whole, {"nodes": NODES}, {})["releases"][0]
    assert low < found["memory_mib"] < high


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"accelerator": {"count": "two"}}, "accelerator.count is 'two', which is no whole number"),
        ({"accelerator": {"count": -2}}, "accelerator.count is -2"),
        ({"replicaCount": True}, "replicaCount is True"),
        ({"replicaCount": 1.5}, "replicaCount is 1.5"),
        ({"resources": {"limits": {"nvidia.com/gpu": "two"}}}, "resources.limits name no number of devices"),
        ({"nodeSelector": "pool=gpu"}, "nodeSelector is 'pool=gpu'; write a mapping"),
        ({"model": "a/b"}, "model is 'a/b'; write a mapping"),
        ({"engine": "vllm"}, "engine is 'vllm'; write a mapping"),
        ({"engine": {"maxModelLen": "32k"}}, "engine.maxModelLen is '32k', which is no whole number"),
        ({"engine": {"tensorParallel": "all"}}, "engine.tensorParallel is 'all', which is no whole number"),
        ({"tolerations": ["gpu"]}, "tolerations is ['gpu']; write a list of"),
    ],
)
def test_values_that_cannot_be_reckoned_with(values: dict[str, Any], message: str) -> None:
    with pytest.raises(RuleError, match=re.escape(f"release qwen: {message}")):
        release(values)


@pytest.mark.parametrize(
    ("values", "registry", "expected"),
    [
        ({}, "", PUBLIC),
        ({}, "mirror.site/x", f"mirror.site/x/{MODELSCOPE}"),
        ({"accelerator": {"vendor": "cpu"}}, "", PUBLIC),
        ({"accelerator": {"vendor": "ascend"}}, "", f"quay.io/{ASCEND}"),
        ({"accelerator": {"vendor": "ascend"}}, "mirror.site", f"mirror.site/{ASCEND}"),
        ({"accelerator": {"vendor": "kunlun"}}, "", ""),
        ({"image": {"tag": "t"}}, "", "modelscope-registry.cn-hangzhou.cr.aliyuncs.com/modelscope-repo/modelscope:t"),
        ({"image": {"registry": "own.site"}}, "mirror.site", f"own.site/{MODELSCOPE}"),
        ({"image": {"repository": "r.io/x"}}, "", f"r.io/x:{published.VERSION}"),
        ({"image": {"registry": "r.io", "repository": "x", "tag": "1"}}, "", "r.io/x:1"),
        ({"image": {"repository": "x", "tag": "1"}}, "mirror.site", "mirror.site/x:1"),
        ({"image": {"repository": "r.io/x", "digest": "sha256:a", "tag": "1"}}, "", "r.io/x@sha256:a"),
    ],
)
def test_engine(values: dict[str, Any], registry: str, expected: str) -> None:
    assert release(values, registry=registry)["image_name"] == expected


@pytest.mark.parametrize(
    ("values", "registry", "expected"),
    [
        ({"proxy": {"enabled": True}}, "", ["docker.io/library/haproxy:3.2-alpine"]),
        ({"proxy": {"enabled": True}}, "mirror.site", ["mirror.site/library/haproxy:3.2-alpine"]),
        ({"proxy": {"enabled": True, "image": {"tag": "3"}}}, "", ["docker.io/library/haproxy:3"]),
        ({"proxy": {"image": {"tag": "3"}}}, "", []),
        ({"cache": {"seed": {"image": {"repository": "r.io/py", "tag": "3"}}}}, "", ["r.io/py:3"]),
    ],
)
def test_images_beside_the_engine(values: dict[str, Any], registry: str, expected: list[str]) -> None:
    assert release(values, registry=registry)["images"][1:] == expected


@pytest.mark.parametrize(("registry", "expected"), [("", PUBLIC), ("mirror.site", f"mirror.site/{MODELSCOPE}")])
def test_what_fetches_models(registry: str, expected: str) -> None:
    assert published.seeding(registry) == expected
