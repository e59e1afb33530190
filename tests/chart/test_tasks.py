"""What each task runs, and on what."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.chart.conftest import CHART, Rendering

TASKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "embedding": ("Deployment", "swift.cli.deploy", {"task_type": "embedding"}),
    "reranker": ("Deployment", "swift.cli.deploy", {"task_type": "reranker"}),
    "sft": ("Job", "swift.cli.sft", {"output_dir": "/cache/outputs/r", "add_version": False}),
    "pt": ("Job", "swift.cli.pt", {"callbacks": ["graceful_exit"]}),
    "rlhf": ("Job", "swift.cli.rlhf", {"rlhf_type": "dpo"}),
    "export": ("Job", "swift.cli.export", {"output_dir": "/cache/outputs/r/Qwen2.5-0.5B-Instruct"}),
    "infer": ("Job", "swift.cli.infer", {"result_path": "/cache/outputs/r/result.jsonl"}),
    "sample": ("Job", "swift.cli.sample", {"output_dir": "/cache/outputs/r"}),
    "eval": ("Job", "swift.cli.eval", {"eval_output_dir": "/cache/outputs/r", "eval_backend": "Native"}),
}


@pytest.mark.parametrize("task", TASKS)
def test_task(service: Rendering, task: str) -> None:
    kind, module, arguments = TASKS[task]
    wanted = {
        "train__dataset": ["d"],
        "infer__dataset": ["d"],
        "eval__datasets": ["d"],
        "export__quantMethod": "bnb",
        "export__quantBits": 4,
    }
    rendered = service(task=task, **wanted)
    assert rendered.one(kind)["spec"]["template"]["spec"]["containers"][0]["command"][:2] == [
        "python",
        "/etc/swift/launch.py",
    ]
    assert rendered.run["module"] == module
    assert arguments.items() <= rendered.arguments.items()


def test_app_talks_to_a_service_without_a_device(render: Rendering) -> None:
    values = {"ingress": {"enabled": True, "hosts": ["a.example"], "auth": {"type": "basic", "secret": "users"}}}
    values["networkPolicy"] = {"from": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}]}
    rendered = render(values=values, task="app", model__id="a/b", ui__baseUrl="http://qwen:8080/v1")
    assert rendered.arguments["base_url"] == "http://qwen:8080/v1"
    assert rendered.arguments["model"] == "b"
    assert "model" not in [item["name"] for item in rendered.pod.get("initContainers", [])]
    assert "nvidia.com/gpu" not in rendered.engine["resources"].get("limits", {})
    assert rendered.engine["readinessProbe"]["tcpSocket"] == {"port": "engine"}


@pytest.mark.parametrize("task", ["app", "web-ui"])
def test_a_page_behind_the_proxys_sign_in_listens_to_its_pod_alone(service: Rendering, task: str) -> None:
    rendered = service(task=task, proxy__enabled=True, apiKey__existingSecret="key")
    assert rendered.arguments["server_name"] == "127.0.0.1"
    assert "exec" in rendered.engine["readinessProbe"]
    proxy = rendered.files["haproxy.cfg"]
    assert "http-request auth realm ms-swift unless { http_auth_pass -m str -f /run/secrets/swift/api-key }" in proxy
    assert "server engine 127.0.0.1:8000 maxconn 256 " in proxy
    assert "/health" not in proxy
    assert "api_key_file" not in rendered.run
    assert "api-key" not in [mount["name"] for mount in rendered.engine["volumeMounts"]]


def test_app_serves_its_model_to_its_pod_alone_and_on_another_port(service: Rendering) -> None:
    arguments = service(task="app", proxy__enabled=True, apiKey__existingSecret="key").arguments
    assert (arguments["host"], arguments["server_port"], arguments["port"]) == ("127.0.0.1", 8000, 8001)


@pytest.mark.parametrize(("path", "root"), [("/", ""), ("/chat", "/chat"), ("/chat/", "/chat")])
def test_a_page_below_a_path_knows_it(service: Rendering, path: str, root: str) -> None:
    rendered = service(task="app", proxy__enabled=True, apiKey__existingSecret="key", ingress__path=path)
    assert rendered.env["GRADIO_ROOT_PATH"] == root


def test_web_ui_writes_to_the_claim(service: Rendering) -> None:
    rendered = service(task="web-ui", proxy__enabled=True, apiKey__existingSecret="key")
    (cache,) = [mount for mount in rendered.engine["volumeMounts"] if mount["name"] == "cache"]
    assert not cache["readOnly"]
    assert "HF_HUB_OFFLINE" not in rendered.env


def test_download_is_a_job_or_a_cronjob(service: Rendering) -> None:
    assert service(task="download").pod["containers"][0]["command"][:3] == ["python3", "-m", "swift_seed._cache.cli"]
    assert service(task="download", job__schedule="0 2 * * *").one("CronJob")["spec"]["schedule"] == "0 2 * * *"


def test_changed_job_has_another_name(service: Rendering) -> None:
    names = {service(task="sft", train__dataset=["d"], train__epochs=n).one("Job")["metadata"]["name"] for n in (1, 2)}
    assert len(names) == 2


@pytest.mark.parametrize("given", ["early_stop", ["early_stop", "graceful_exit"]])
def test_other_callbacks_join_the_one_that_saves(service: Rendering, given: object) -> None:
    rendered = service(task="sft", train__dataset=["d"], extraArgs={"callbacks": given})
    assert rendered.arguments["callbacks"] == ["early_stop", "graceful_exit"]


@pytest.mark.parametrize(("hub", "told"), [("modelscope", None), ("huggingface", "1")])
def test_data_sets_come_from_the_hub_of_the_model(service: Rendering, hub: str, told: str | None) -> None:
    assert service(task="sft", train__dataset=["a/b"], model__hub=hub).env.get("USE_HF") == told


@pytest.mark.parametrize(("vendor", "backend"), [("nvidia", "vllm"), ("cpu", "transformers")])
def test_an_evaluation_uses_the_engine_of_its_values(service: Rendering, vendor: str, backend: str) -> None:
    rendered = service(
        task="eval", eval__datasets=["d"], accelerator__vendor=vendor, engine__maxModelLen=4096, accelerator__count=2
    )
    assert rendered.arguments["infer_backend"] == backend
    assert 4096 in rendered.arguments.values()


def test_two_nodes(service: Rendering) -> None:
    rendered = service(task="sft", train__dataset=["d"], train__nodes=2)
    job = rendered.one("Job")
    assert job["spec"]["completionMode"] == "Indexed"
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == 2
    assert rendered.env["MASTER_ADDR"] == f"{job['metadata']['name']}-0.r-ms-swift-gang"
    headless = rendered.one("Service")
    assert headless["metadata"]["name"] == rendered.pod["subdomain"] == "r-ms-swift-gang"
    assert headless["spec"]["clusterIP"] == "None"
    assert headless["spec"]["publishNotReadyAddresses"] is True


@pytest.mark.parametrize(("vendor", "expected"), [("cpu", True), ("nvidia", None), ("ascend", None)])
def test_processes_on_cpu_are_told_so_or_each_would_train_by_itself(
    service: Rendering, vendor: str, expected: bool | None
) -> None:
    rendered = service(task="sft", train__dataset=["d"], train__nodes=2, accelerator__vendor=vendor)
    assert rendered.arguments.get("use_cpu") is expected
    assert rendered.arguments.get("ddp_backend") == ("gloo" if expected else None)


def test_orderly_stop_is_no_failure(service: Rendering) -> None:
    rules = service(task="sft", train__dataset=["d"]).one("Job")["spec"]["podFailurePolicy"]["rules"]
    assert rules[0] == {
        "action": "Ignore",
        "onExitCodes": {"containerName": "engine", "operator": "In", "values": [75]},
    }


def test_eval_of_a_service_names_the_served_model(render: Rendering) -> None:
    rendered = render(task="eval", eval__url="http://qwen:8080/v1", eval__model="qwen", eval__datasets=["gsm8k"])
    assert rendered.arguments["model"] == "qwen"
    assert "torch_dtype" not in rendered.arguments


def test_eval_of_a_service_fetches_no_weights(service: Rendering) -> None:
    rendered = service(task="eval", eval__url="http://qwen:8080/v1", eval__datasets=["gsm8k"])
    assert rendered.arguments["model"] == "Qwen2.5-0.5B-Instruct"
    assert "initContainers" not in rendered.pod


@pytest.mark.parametrize(
    ("backend", "options"),
    [
        ("vllm", {"vllm_tensor_parallel_size": 2, "vllm_max_model_len": 4096, "vllm_max_num_seqs": 8}),
        ("sglang", {"sglang_tp_size": 2, "sglang_context_length": 4096}),
        ("lmdeploy", {"lmdeploy_tp": 2, "lmdeploy_session_len": 4096}),
        ("transformers", {"max_model_len": 4096, "max_batch_size": 8}),
    ],
)
def test_engines_hear_the_same_wishes(render: Rendering, backend: str, options: dict[str, Any]) -> None:
    engine = {"engine__backend": backend, "engine__maxModelLen": 4096, "engine__maxConcurrency": 8}
    arguments = render(model__id="a/b", accelerator__vendor="nvidia", accelerator__count=2, **engine).arguments
    assert options.items() <= arguments.items()


def test_samples_are_drawn_by_the_engine_that_is_named(service: Rendering) -> None:
    drawn = {"task": "sample", "infer__dataset": ["x"], "accelerator__vendor": "nvidia"}
    assert "sampler_engine" not in service(**drawn).arguments
    assert service(**drawn, engine__backend="vllm").arguments["sampler_engine"] == "vllm"
    assert 'sampler_engine of `swift sample` cannot be "sglang"' in service(**drawn, engine__backend="sglang").error


def test_vllms_server_is_told_an_option_once(service: Rendering) -> None:
    wishes = {"accelerator__vendor": "nvidia", "metrics__source": "vllm", "engine__maxModelLen": 8}
    arguments = service(**wishes, extraArgs={"max_model_len": 4}).arguments
    assert arguments["max-model-len"] == 4
    assert "max_model_len" not in arguments


def test_vllm_server(render: Rendering) -> None:
    rendered = render(
        model__id="a/b", accelerator__vendor="nvidia", metrics__source="vllm", apiKey__existingSecret="key"
    )
    assert rendered.run["module"] == "vllm.entrypoints.openai.api_server"
    assert rendered.run["api_key_to"] == "VLLM_API_KEY"


@pytest.mark.parametrize(
    ("pairs", "dtype"),
    [
        ({"accelerator__vendor": "cpu"}, "float32"),
        ({"accelerator__vendor": "nvidia", "accelerator__compute": "7.5"}, "float16"),
        ({"accelerator__vendor": "nvidia", "accelerator__compute": "8.0"}, None),
        (
            {"accelerator__vendor": "ascend", "resources__limits": {"huawei.com/Ascend310P": 1}, "image__tag": "own"},
            "float16",
        ),
        ({"accelerator__vendor": "cpu", "engine__dtype": "bfloat16"}, "bfloat16"),
    ],
)
def test_data_type(render: Rendering, pairs: dict[str, Any], dtype: str | None) -> None:
    assert render(model__id="a/b", **pairs).arguments.get("torch_dtype") == dtype


def test_arguments_lists_name_every_command() -> None:
    for path in (CHART / "files/arguments").glob("*.json"):
        commands = json.loads(path.read_text())["commands"]
        assert {"deploy", "sft", "rlhf", "export", "eval", "infer", "pt", "app", "sample"} <= commands.keys()
    commands = json.loads((CHART / "files/arguments/4.6.0.json").read_text())["commands"]
    known = {option for options in commands.values() for option in options}
    for table in ("engines", "training"):
        words = yaml.safe_load((CHART / f"files/{table}.yaml").read_text())
        words.pop("vllmServer", None)
        for value in words.values():
            assert set(value.values() if isinstance(value, dict) else [value]) <= known
