"""Every example renders to the committed file, in the schemas of the oldest and newest Kubernetes."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import render_examples
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._cache.spec import parse

from tests.chart.conftest import Rendering

NAMES = render_examples.names()
OLDEST, NEWEST = "1.29.0", "1.37.0"
#: kinds whose schemas are not Kubernetes' own
FOREIGN = {"ServiceMonitor", "PrometheusRule", "ScaledObject", "HTTPRoute", "LeaderWorkerSet"}
ASKED_FOR = {
    *(
        "a100",
        "a100-multimodal",
        "t4",
        "v100",
        "h100x8",
        "mig",
        "mps",
        "time-slice",
        "ascend-910b",
        "ascend-310p",
        "cpu",
    ),
    *("nfs", "oss", "ingress", "hpa", "keda", "sft-lora", "sft-zero3", "sft-megatron"),
    *("dpo", "eval", "export-awq", "web-ui", "airgap"),
}


@pytest.fixture(scope="module", autouse=True)
def schemas() -> Iterator[None]:
    """The schemas of Kubernetes, each read once: the library parses them anew for every object."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            kubernetes_validate.utils, "schema_contents", functools.cache(kubernetes_validate.utils.schema_contents)
        )
        yield


def committed(name: str) -> str:
    return (render_examples.EXAMPLES / f"render-{name}.yaml").read_text(encoding="utf-8")


def test_all_are_there() -> None:
    assert set(NAMES) >= ASKED_FOR


@pytest.mark.parametrize("name", NAMES)
def test_render_is_current_and_valid(name: str) -> None:
    begin = time.monotonic()
    text = render_examples.template(name)
    seconds = time.monotonic() - begin
    assert render_examples.without_programs(text) == committed(name), "run scripts/render_examples.py and read the diff"
    for item in yaml.load_all(committed(name), Loader=yaml.CSafeLoader):
        if item["kind"] not in FOREIGN:
            for version in (OLDEST, NEWEST):
                kubernetes_validate.validate(item, version, strict=True)
    assert seconds < 5, f"{name} took {seconds:.1f} s"


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_understands_the_models_that_are_to_be_fetched(name: str) -> None:
    maps = [item for item in yaml.load_all(committed(name), Loader=yaml.CSafeLoader) if item["kind"] == "ConfigMap"]
    for spec in (item["data"]["spec.json"] for item in maps if "spec.json" in item.get("data", {})):
        document = json.loads(spec)
        parse({**document, "models": [{**model, "token_file": ""} for model in document["models"]]}, {})


def test_no_render_without_values() -> None:
    renders = {path.stem.removeprefix("render-") for path in render_examples.EXAMPLES.glob("render-*.yaml")}
    assert renders == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_restricted(name: str) -> None:
    """What the Pod Security level restricted asks of every pod."""
    for item in yaml.load_all(committed(name), Loader=yaml.CSafeLoader):
        spec = item.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        pod = spec if item["kind"] == "Pod" else spec.get("template", {}).get("spec")
        if not isinstance(pod, dict):
            continue
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert not any("hostPath" in volume for volume in pod["volumes"])
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("source", [{"metrics__source": "proxy", "proxy__enabled": True}, {"metrics__source": "vllm"}])
def test_an_adapter_serves_what_an_hpa_asks_for(source: dict[str, Any], service: Rendering) -> None:
    rules = yaml.safe_load((render_examples.EXAMPLES / "prometheus-adapter.yaml").read_text(encoding="utf-8"))
    numbers = {"accelerator__vendor": "nvidia", "autoscaling__enabled": True, **source}
    scaler = service(**numbers).one("HorizontalPodAutoscaler")
    asked = {metric["object"]["metric"]["name"] for metric in scaler["spec"]["metrics"]}
    assert asked < {rule["name"]["as"] for rule in rules}
