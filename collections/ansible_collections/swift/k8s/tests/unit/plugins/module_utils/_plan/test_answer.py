"""Where models fit, and what is advised when they do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._plan import known
from ansible_collections.swift.k8s.plugins.module_utils._plan.errors import PlanError
from ansible_collections.swift.k8s.plugins.module_utils._plan.run import require, run

CHART = Path("charts/ms-swift/files/catalogue.yaml")


def node(name: str, product: str, gib: int, count: int, vendor: str = "nvidia") -> dict[str, Any]:
    return {
        "name": name,
        "accelerators": [{"vendor": vendor, "product": product, "memory_mib": gib * 1024, "count": count}],
    }


A100, T4, NPU = node("a", "A100", 80, 8), node("t", "T4", 15, 1), node("n", "910B", 64, 8, "ascend")
MIG = {"name": "m", "accelerators": [{**node("m", "A100-MIG-1g.10gb", 10, 7)["accelerators"][0], "sharing": "mig"}]}
EMPTY = {"name": "cpu", "accelerators": []}


def plan(name: str, *nodes: dict[str, Any], **wish: Any) -> dict[str, Any]:
    found: dict[str, Any] = run([{"id": name, **wish}], nodes)["plans"][0]
    return found


@pytest.mark.parametrize(
    ("name", "wish", "nodes", "devices"),
    [
        ("qwen-plus", {"context": 4096}, [A100], 1),
        ("qwen-plus", {"context": 4096}, [T4], None),
        ("qwen-plus", {"context": 4096, "quantization": "awq"}, [T4], 1),
        ("llama3-70b", {}, [A100], 2),
        ("llama3-70b", {"quantization": "awq"}, [A100], 1),
        ("llama3-70b", {}, [NPU], 4),
        ("Qwen/Qwen2.5-72B-Instruct", {"context": 32768, "concurrency": 8}, [A100], 4),
        ("deepseek-ai/DeepSeek-V3", {"context": 32768}, [A100], None),
        ("Qwen/Qwen2.5-7B-Instruct", {"task": "lora", "context": 2048}, [A100], 1),
        ("Qwen/Qwen2.5-7B-Instruct", {"task": "full", "context": 2048}, [A100], None),
        ("Qwen/Qwen2.5-7B-Instruct", {"task": "full", "context": 2048, "zero": 3}, [A100], 2),
        ("Qwen/Qwen2.5-72B-Instruct", {"task": "qlora", "context": 2048}, [A100], 1),
        ("llama3-70b", {"engine": "transformers", "context": 4096}, [A100], 2),
        ("Qwen/Qwen2.5-7B-Instruct", {"context": 4096}, [MIG], None),
        ("Qwen/Qwen2.5-7B-Instruct", {"context": 4096, "quantization": "awq"}, [MIG], 1),
        ("Qwen/Qwen2.5-7B-Instruct", {"context": 4096, "engine": "sglang"}, [NPU], None),
        ("Qwen/Qwen2.5-7B-Instruct", {"context": 4096, "task": "qlora", "engine": "sglang"}, [A100], 1),
    ],
)
def test_fewest_devices(name: str, wish: dict[str, Any], nodes: list[dict[str, Any]], devices: Any) -> None:
    found = plan(name, *nodes, EMPTY, **wish)
    assert (found["placements"][0]["devices"] if found["placements"] else None) == devices
    assert found["fits"] is (devices is not None)
    assert bool(found["advice"]) is (devices is None)


CARD = {"vendor": "nvidia", "product": "V100", "memory_mib": 32768, "count": 1}
CONFIG = known.config("qwen-plus") or {}
AWQ = {**CONFIG, "quantization_config": {"quant_method": "awq", "bits": 4}}


@pytest.mark.parametrize(
    ("config", "wish", "low", "high"),
    [
        (AWQ, {"task": "lora"}, 5.0, 5.5),
        (CONFIG, {"task": "lora", "quantization": "gptq"}, 5.0, 5.5),
        (CONFIG, {"task": "lora"}, 14.0, 14.5),
        ({**CONFIG, "quantization_config": {"quant_method": "gptq", "bits": 8}}, {"quantization": "gptq"}, 8.0, 8.3),
    ],
)
def test_weights_by_their_quantisation(config: dict[str, Any], wish: dict[str, Any], low: float, high: float) -> None:
    assert low < plan("a/b", config=config, context=2048, **wish)["parts"]["weights"] / 2**30 < high


@pytest.mark.parametrize(
    ("quantization", "compute", "fits"),
    [("fp8", "7.0", False), ("fp8", "8.0", True), ("fp8", None, True), ("awq", "7.0", False), ("gptq", "7.0", True)],
)
def test_a_device_without_the_kernels_of_a_quantisation_holds_nothing(
    quantization: str, compute: Any, fits: bool
) -> None:
    card = {**CARD, "compute": compute}
    found = plan("qwen-plus", {"name": "v", "accelerators": [card]}, context=2048, quantization=quantization)
    assert found["fits"] is fits
    assert not any("fp8 fits" in text or text.startswith("context") for text in found["advice"])


def test_texts_are_taken_for_the_numbers_they_say() -> None:
    assert plan("qwen-plus", context="4096", utilization="0.8")["context"] == 4096


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"config": {**CONFIG, "max_position_embeddings": None}}, "names no context length. Set context."),
        ({"task": "full", "quantization": "awq"}, "task full of qwen-plus trains no weights in awq"),
        ({"task": "lora", "quantization": "fp8"}, "task lora of qwen-plus trains no weights in fp8"),
        ({"nodes": [{"name": "v", "accelerators": [{**CARD, "compute": "sm_80"}]}]}, "compute 'sm_80' of nvidia"),
        ({"context": "long"}, "context 'long' of qwen-plus is no number"),
    ],
)
def test_wishes_that_mean_nothing(wish: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        plan("qwen-plus", *wish.pop("nodes", ()), **wish)


def test_the_cache_of_one_token_is_that_of_the_sum() -> None:
    found = plan("a/b", config={**CONFIG, "torch_dtype": "float32"}, context=1000)
    assert found["kv_bytes_per_token"] * 1000 == found["parts"]["kv_cache"]


def test_a_context_beyond_the_model_is_noted() -> None:
    found = run([{"id": "qwen-plus", "context": 99999}], [])
    assert "qwen-plus: context 99999 is beyond the 32768 of the model" in found["table"]


def test_files_that_contradict_the_shape_are_noted(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(AWQ), encoding="utf-8")
    head = json.dumps({"a": {"dtype": "I32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head)
    found = plan("a/b", path=str(tmp_path))
    assert found["parameters"] > 7e9
    assert "config.json accounts for 5.2 GiB" in found["warnings"][-1]


@pytest.mark.parametrize(
    ("name", "wish", "nodes", "words"),
    [
        ("qwen-plus", {"context": 32768}, [T4], "quantization: awq fits on 1 x T4"),
        ("llama3-70b", {}, [T4], "it takes about 11 x T4"),
        ("Qwen/Qwen2.5-72B-Instruct", {"task": "full", "context": 2048}, [A100], "task: qlora fits on 1 x A100"),
        ("Qwen/Qwen2.5-72B-Instruct", {"task": "lora", "context": 2048}, [A100], "task: qlora fits on 1 x A100"),
        (
            "Qwen/Qwen2.5-7B-Instruct",
            {"context": 32768, "concurrency": 255},
            [node("x", "L4", 24, 1)],
            "fits on 1 x L4",
        ),
        ("Qwen/Qwen2.5-7B-Instruct", {"engine": "sglang"}, [NPU], "engine: vllm fits on 1 x 910B"),
        ("Qwen/Qwen2.5-7B-Instruct", {"task": "qlora", "context": 2048}, [NPU], "task: lora fits on 1 x 910B"),
        ("llama3-70b", {"engine": "sglang"}, [node("n", "310P", 21, 1, "ascend")], "sglang does not run on ascend"),
    ],
)
def test_advice_has_been_tried(name: str, wish: dict[str, Any], nodes: list[dict[str, Any]], words: str) -> None:
    found = plan(name, *nodes, **wish)
    assert words in "; ".join(found["advice"])


def test_greatest_context_is_the_last_that_fits() -> None:
    found = plan("Qwen/Qwen2.5-7B-Instruct", node("x", "x", 24, 1), context=4096, concurrency=4)["placements"][0]
    context = found["greatest_context"]
    assert 4096 < context < 32768
    assert plan("Qwen/Qwen2.5-7B-Instruct", node("x", "x", 24, 1), context=context, concurrency=4)["fits"]
    assert not plan("Qwen/Qwen2.5-7B-Instruct", node("x", "x", 24, 1), context=context + 8, concurrency=4)["fits"]


def test_images_cost_memory() -> None:
    without, with_image = plan("qwen-vl-max", context=8192), plan("qwen-vl-max", context=8192, images=1)
    assert with_image["total_bytes"] > without["total_bytes"]


def test_without_devices_only_sizes_are_told() -> None:
    found = plan("qwen-plus")
    assert (found["fits"], found["placements"], found["advice"]) == (None, [], [])


def test_the_table_has_published_figures_and_reasons() -> None:
    text = run([{"id": "llama3-70b"}, {"id": "qwen-plus"}], [T4])["table"]
    assert "80 GB holds them only quantised" in text
    assert "nowhere" in text
    assert "1 x A100 on a, context to 8192" in run([{"id": "llama3-8b"}], [A100])["table"]
    assert "no devices known" in run([{"id": "llama3-8b"}], [])["table"]


def test_require_names_model_and_change() -> None:
    with pytest.raises(PlanError, match=r"qwen-plus fits on no node: .*awq fits on 1 x T4"):
        require([plan("qwen-plus", T4)])
    require([plan("qwen-plus", A100)])


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"engine": "tgi"}, "engine 'tgi'"),
        ({"task": "ppo"}, "task 'ppo'"),
        ({"utilization": 90.0}, "is not a share"),
        ({"context": -1}, "context -1 of qwen-plus is less than 0"),
        ({"concurrency": 0}, "concurrency 0 of qwen-plus is less than 1. Set it to 1 or more"),
        ({"task": "lora", "lora_rank": 0}, "lora_rank 0"),
        ({"task": "full", "batch": -8}, "batch -8"),
        ({"images": -1}, "images -1"),
    ],
)
def test_wrong_wishes(wish: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        plan("qwen-plus", **wish)


def test_a_config_without_context_asks_for_one() -> None:
    config = {**(known.config("qwen-plus") or {}), "max_position_embeddings": 0}
    with pytest.raises(PlanError, match="Set context"):
        run([{"id": "x/y", "config": config}], [A100])


def test_names_are_those_of_the_charts_catalogue() -> None:
    catalogue = yaml.safe_load(CHART.read_text(encoding="utf-8"))
    assert {name: catalogue[name]["id"] for name in known.ALIASES} == dict(known.ALIASES)
