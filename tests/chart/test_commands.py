"""The commands that people have read about, to the letter."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.conftest import Rendering

ROOT = Path(__file__).resolve().parents[2]
LETTER = [
    "--set",
    "resources.limits.nvidia.com/gpu=2",
    "--set",
    "env.MODEL_NAME=qwen-vl-max",
    "--set",
    "service.type=LoadBalancer",
]


def test_install_to_the_letter(render: Rendering) -> None:
    rendered = render(*LETTER)
    assert rendered.engine["resources"]["limits"]["nvidia.com/gpu"] == 2
    assert rendered.arguments["vllm_tensor_parallel_size"] == 2
    assert rendered.arguments["served_model_name"] == "qwen-vl-max"
    assert rendered.arguments["model"] == "/cache/models/Qwen/Qwen2.5-VL-7B-Instruct"
    service = rendered.one("Service")
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["ports"][0]["port"] == 8080


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        (["resources.limits.nvidia.com/gpu=1"], {"nvidia.com/gpu": 1}),
        (["resources.limits.nvidia\\.com/gpu=1"], {"nvidia.com/gpu": 1}),
        (["resources.limits.huawei.com/Ascend910=8"], {"huawei.com/Ascend910": 8}),
        (
            ["resources.limits.nvidia.com/mig-1g.10gb=1", "resources.limits.memory=8Gi"],
            {"nvidia.com/mig-1g.10gb": 1, "memory": "8Gi"},
        ),
        (["resources.limits.nvidia.com/mig-1g.24gb-me=1"], {"nvidia.com/mig-1g.24gb-me": 1}),
    ],
)
def test_dots_of_resource_names(render: Rendering, words: Any, limits: dict[str, Any]) -> None:
    flags = [item for word in words for item in ("--set", word)]
    assert render(*flags, model__id="a/b").engine["resources"]["limits"] == limits


def test_the_command_line_wins_over_a_values_file(render: Rendering) -> None:
    values = {"model": {"id": "a/b"}, "resources": {"limits": {"nvidia.com/gpu": 2}}}
    rendered = render("--values", "-", "--set", "resources.limits.nvidia.com/gpu=4", values=values)
    assert rendered.engine["resources"]["limits"] == {"nvidia.com/gpu": 4}
    assert rendered.arguments["vllm_tensor_parallel_size"] == 4


def test_the_command_line_is_one_for_a_shell(service: Rendering) -> None:
    told = service(extraArgs__system="You're kind").one("Deployment")["metadata"]["annotations"]["swift.k8s/command"]
    assert "You're kind" in shlex.split(told)


def test_helm_charts_is_the_chart() -> None:
    assert (ROOT / "helm-charts/ms-swift/Chart.yaml").samefile(ROOT / "charts/ms-swift/Chart.yaml")


def test_published_values_file(render: Rendering) -> None:
    values = {
        "replicaCount": 1,
        "image": {"repository": "example.org/ms-swift", "tag": "4.6.0", "pullPolicy": "IfNotPresent"},
        "resources": {
            "limits": {"nvidia.com/gpu": 1, "memory": "32Gi", "cpu": "8"},
            "requests": {"nvidia.com/gpu": 1, "memory": "16Gi"},
        },
        "env": {"MODEL_NAME": "qwen-plus", "TASK_TYPE": "generation", "USE_VLLM": "true"},
        "service": {"type": "NodePort", "port": 8080},
    }
    rendered = render(values=values)
    assert rendered.arguments["infer_backend"] == "vllm"
    assert rendered.engine["image"] == "example.org/ms-swift:4.6.0"
    assert {"MODEL_NAME", "TASK_TYPE", "USE_VLLM"}.isdisjoint(rendered.env)


def notes(directory: Path, *words: str) -> str:
    """NOTES.txt, which `helm template` keeps to itself: a copy of the chart puts it into an object."""
    chart = directory / "ms-swift"
    shutil.copytree(ROOT / "charts/ms-swift", chart, ignore=shutil.ignore_patterns("examples"))
    wrapper = 'kind: Notes\ntext: {{ include "ms-swift/templates/NOTES.txt" . | toJson }}\n'
    (chart / "templates/notes-of-test.yaml").write_text(wrapper)
    command = ["helm", "template", "r", str(chart), "--show-only", "templates/notes-of-test.yaml", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return str(yaml.safe_load(done.stdout)["text"])


def test_notes_warn_of_names_without_weights(tmp_path: Path) -> None:
    text = notes(tmp_path, *LETTER)
    assert "WARNING: qwen-vl-max is a name of a paid interface" in text
    assert "Apache-2.0" in text
    assert "python -m swift.cli.deploy" in text
    assert "whoever reaches the address can use the model" in text


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        ("task=eval,eval.url=http://q:8080/v1,eval.datasets[0]=gsm8k", "eval.datasets has gsm8k, which is fetched"),
        (
            "task=sft,model.path=/cache/m,train.dataset[0]=AI/d#5",
            "train.dataset has AI/d#5, which is fetched from a hub",
        ),
        ("task=sft,model.path=/cache/m,train.dataset[0]=/cache/d", ""),
        ("task=sft,model.path=/cache/m,train.dataset[0]=AI/d,networkPolicy.publicEgress=true", ""),
        ("task=sft,train.dataset[0]=AI/d", ""),
        ("metrics.source=vllm,model.template=chatml", "model.type and model.template are names of ms-swift"),
        ("metrics.source=vllm,apiKey.existingSecret=k,service.type=NodePort", "/metrics, which vLLM asks no key for"),
        ("metrics.source=vllm,apiKey.existingSecret=k,service.type=NodePort,proxy.enabled=true", ""),
        ("metrics.source=vllm,apiKey.existingSecret=k", ""),
        ("engine.port=80", "engine.port is 80, and below 1024 a pod that is not root"),
        ("engine.port=80,podSecurityContext.runAsUser=0,podSecurityContext.runAsNonRoot=false", ""),
        ("ingress.enabled=true,ingress.hosts[0]=a.b,ingress.tls=false,ingress.clusterIssuer=le", "have no effect with"),
        (f"image.digest=sha256:{'a' * 64},extraArgs.whatever=1", "extraArgs are not checked"),
    ],
)
def test_notes_warn(tmp_path: Path, words: str, warning: str) -> None:
    text = notes(tmp_path, "--set", f"model.id=a/b,{words}")
    assert warning in text
    assert bool(warning) == ("WARNING" in text)


def test_notes_of_a_job(tmp_path: Path) -> None:
    text = notes(tmp_path, "--set", "task=sft,model.id=a/b,train.dataset[0]=d")
    assert "/cache/outputs/r on claim r-ms-swift-cache" in text


def test_command_is_an_annotation(service: Rendering) -> None:
    annotations = service().one("Deployment")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["swift.k8s/command"].startswith("python -m swift.cli.deploy --host 0.0.0.0")


def test_catalogue_names_are_complete() -> None:
    for name, entry in yaml.safe_load((ROOT / "charts/ms-swift/files/catalogue.yaml").read_text()).items():
        assert name == name.lower()
        assert {"id", "parameters", "licence", "open"} <= entry.keys()
        assert entry["id"].count("/") == 1


@pytest.mark.parametrize(
    ("word", "task"), [("generation", "deploy"), ("Embedding", "embedding"), ("rerank", "reranker")]
)
def test_task_type_words(service: Rendering, word: str, task: str) -> None:
    rendered = service(env__TASK_TYPE=word)
    assert rendered.one("Deployment")["metadata"]["labels"]["app.kubernetes.io/component"] == task


def test_own_weights_behind_a_known_name(render: Rendering) -> None:
    rendered = render(env__MODEL_NAME="qwen-plus", model__id="Qwen/Qwen2.5-14B-Instruct", accelerator__vendor="cpu")
    assert rendered.arguments["served_model_name"] == "qwen-plus"
    assert rendered.arguments["model"].endswith("/Qwen/Qwen2.5-14B-Instruct")
