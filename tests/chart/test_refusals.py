"""Wrong values fail before anything is installed, with a sentence that names value and next step.

One helm-unittest process renders them all; a helm for each took a third of the chart's tests.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.chart.conftest import BASE, CHART, ROOT, Rendering

GPU = {"accelerator__vendor": "nvidia"}
EIGHT = {**GPU, "accelerator__count": 8}
CPU = {"accelerator__vendor": "cpu"}
OPEN = {"enabled": True, "hosts": ["a.example"]}
SIGNED_IN = {"enabled": True, "hosts": ["a.example"], "auth": {"type": "basic", "secret": "users"}}
ROUTE = {"enabled": True, "parentRefs": [{"name": "gateway"}]}
EXPORT = {"task": "export", "export__quantBits": 4}
AWQ = {"export__quantMethod": "awq", "export__dataset": ["/cache/d.jsonl"]}
MEGATRON = {"task": "sft", "train__dataset": ["x"], "train__megatron__enabled": True}
SFT = {"task": "sft", "train__dataset": ["x"]}
VLLM = {**GPU, "metrics__source": "vllm"}
RLHF = {"task": "rlhf", "train__dataset": ["x"]}
JUDGED = {"extraArgs": {"reward_model": ["/cache/outputs/rm/last-checkpoint"]}}
NPU = {"accelerator__vendor": "ascend"}
ADAPTER = {"adapters": [{"name": "sums", "path": "/cache/a"}]}
DATA = {"infer__dataset": ["x"]}
#: What a schema refuses is told by each program in its own words; those of helm count.
BY_SCHEMA = "meet the specifications of the schema"


CASES: list[tuple[dict[str, Any], str]] = [
    (
        {"extraArgs": {"max_lenght": 1}},
        "extraArgs.max_lenght is no option of `swift deploy` 4.4.3: did you mean max_length?",
    ),
    ({"extraArgs": {"temprature": 1}}, "did you mean temperature?"),
    (
        {"task": "sft", "train__dataset": ["x"], "train__tuner": "lroa"},
        'tuner_type of `swift sft` cannot be "lroa"',
    ),
    ({"extraArgs": {"task_type": "chat"}}, 'cannot be "chat": choose one of causal_lm, seq_cls'),
    (
        {"extraArgs": {"infer_backend": "sglang"}},
        "would change the command alone, and not what goes by it: set engine.",
    ),
    ({"extraArgs": {"port": 9000}}, "extraArgs.port would change the command alone"),
    ({"extraArgs": {"host": "127.0.0.1"}}, "extraArgs.host would change the command alone"),
    ({"extraArgs": {"ssl_certfile": "/tls/tls.crt"}}, "set ingress.tls"),
    ({**SFT, "extraArgs": {"output_dir": "/cache/x"}}, "and not what goes by it: set output.path"),
    (
        {"extraArgs": {"api_key": "sk-1"}},
        "in the command, its annotation and a ConfigMap: set apiKey.existingSecret",
    ),
    ({**VLLM, "extraArgs": {"api-key": "sk-1"}}, "extraArgs.api-key would show a secret in the command"),
    ({**VLLM, "extraArgs": {"hf-token": "t"}}, "extraArgs.hf-token would show a secret in the command"),
    ({**SFT, "extraArgs": {"hub_token": "t"}}, "set MODELSCOPE_API_TOKEN or HF_TOKEN in extraEnv"),
    ({"model__id": "qwen-pluss"}, "is neither in the catalogue"),
    ({"model__id": ""}, "task deploy needs a model"),
    ({"env__TASK_TYPE": "dance"}, 'env.TASK_TYPE "dance" is no task'),
    ({"task": "export", "env__TASK_TYPE": "chat"}, "set only one of the two"),
    ({"engine__backend": "vllm"}, "engine.backend vllm needs an accelerator"),
    ({**NPU, "engine__backend": "sglang"}, "sglang does not run on Ascend: use vllm or transformers"),
    (
        {**NPU, "task": "sft", "train__dataset": ["x"], "train__quantMethod": "bnb"},
        "(QLoRA) does not run on Ascend",
    ),
    ({"cache__seed__rateLimit": "40MB"}, "cache.seed.rateLimit"),
    *(
        ({f"proxy__{name}": 0}, f"proxy.{name}: Must be greater than or equal to 1")
        for name in ("maxQueue", "maxBodyMiB", "queueSeconds", "answerSeconds")
    ),
    ({"cache__accessModes": ["ReadOnlyMany"]}, "makes a claim that nothing can be written to"),
    ({"cache__accessModes": ["ReadWriteOncePod"], "replicaCount": 2}, "lets one pod in, and there may be 2"),
    ({"proxy__answerSeconds": 3000000}, "proxy.answerSeconds: Must be less than"),
    ({"metrics__serviceMonitor__interval": "often"}, "metrics.serviceMonitor.interval: Does not match"),
    ({"podDisruptionBudget__maxUnavailable": "some"}, "podDisruptionBudget.maxUnavailable: Does not match"),
    ({"cache__seed__rateSchedule": [{"rate": "1MiB/s"}]}, "Additional property rate is not allowed"),
    ({**GPU, "accelerator__compute": "7.0"}, "carries kernels from compute capability 7.5 on"),
    (
        {"resources__limits": {"nvidia.com/gpu": 1}},
        "accelerator.vendor is cpu, but resources.limits asks for nvidia.com/gpu",
    ),
    ({**GPU, "resources__limits": {"nvidia.com/gpu": 1, "huawei.com/Ascend910": 1}}, "names 2 kinds of device"),
    ({**GPU, "resources__limits": {"nvidia.com/mig-1g.10gb": 2}}, "slices of MIG do not share a model, ask for 1"),
    (
        {**GPU, "resources__limits": {"huawei.com/Ascend910": 1}},
        "accelerator.vendor is nvidia, but the pod asks for",
    ),
    (
        {**GPU, "accelerator__resource": "nvidia.com/mig-1g.10gb", "resources__limits": {"nvidia.com/gpu": 1}},
        "accelerator.resource is nvidia.com/mig-1g.10gb, but resources.limits asks for nvidia.com/gpu",
    ),
    ({**GPU, "resources__limits": {"nvidia.com/gpu": 0}}, "resources.limits asks for 0 of nvidia.com/gpu"),
    *(
        ({**GPU, "resources__limits": {"nvidia.com/gpu": amount}}, "devices are given whole, 1 or more")
        for amount in ("1.5", "two", -1)
    ),
    ({"resources__limits": {"memory": "lots"}}, "resources.limits asks for lots of memory, which is no amount"),
    ({"resources__requests": {"cpu": "2 cores"}}, "resources.requests asks for 2 cores of cpu"),
    ({"resources": {"limit": {"memory": "1Gi"}}}, "Additional property limit is not allowed"),
    ({"cache__size": "100GB"}, "cache.size"),
    ({"shm__size": "much"}, "shm.size"),
    ({"service__nodePort": 30080}, "service.nodePort 30080 is for service.type NodePort or LoadBalancer"),
    ({"service__loadBalancerSourceRanges": ["10.0.0.0/8"]}, "and it is ClusterIP: let networkPolicy.from name"),
    ({**GPU, "engine__tensorParallel": 4}, "engine.tensorParallel 4 needs as many devices, and the pod asks for 1"),
    ({**GPU, "accelerator__sharing": "mps", "accelerator__count": 2}, "a second share adds no memory, ask for 1"),
    (
        {"model__id": "qwen2.5-72b-instruct", "cache__size": "100Gi"},
        "less than the 136 GiB of weights of Qwen/Qwen2.5-72B-Instruct: set it to 223Gi or more",
    ),
    ({"task": "sft"}, "task sft needs train.dataset"),
    ({**RLHF, "train__rlhfType": "grpo"}, "grpo needs something that judges answers: set extraArgs.reward_funcs"),
    ({**RLHF, "train__rlhfType": "ppo", "extraArgs": {"reward_funcs": ["format"]}}, "needs extraArgs.reward_model"),
    ({**RLHF, **JUDGED, "train__rlhfType": "ppo", "train__maxSteps": 9}, "train.maxSteps 9 is not read by"),
    ({"task": "infer"}, "task infer needs infer.dataset"),
    ({"task": "export"}, "task export is told to make nothing"),
    ({"task": "export", "export__mergeLora": True}, "export.mergeLora needs adapters"),
    ({"task": "export", "export__quantMethod": "bnb", "model__id": ""}, "task export needs a model"),
    ({"task": "eval", "eval__url": "http://s/v1", "model__id": ""}, "eval.url needs eval.model"),
    ({"model__hub": "directory"}, "model.hub directory needs cache.seed.source"),
    ({"task": "infer", "infer__dataset": ["x"], "job__schedule": "0 1 * * *"}, "job.schedule is for task download"),
    ({"task": "export", "export__quantMethod": "gptq"}, "needs export.dataset to calibrate with"),
    ({"task": "export", "export__quantMethod": "bnb"}, "needs export.quantBits"),
    ({**EXPORT, "export__quantMethod": "fp8"}, "export.quantMethod fp8 needs a GPU"),
    ({**GPU, **EXPORT, "export__quantMethod": "fp8", "accelerator__compute": "8.0"}, "accelerator.compute is 8.0"),
    (
        {"task": "sft", "train__dataset": ["x"], "train__quantMethod": "fp8"},
        "train.quantMethod fp8 needs a GPU (transformers: compute capability 8.9 or more",
    ),
    ({**EXPORT, **AWQ}, "awq does not run in the published image: its vLLM 0.25.1 needs transformers"),
    (MEGATRON, "train.megatron.enabled needs GPUs or NPUs, and accelerator.vendor is cpu"),
    ({**GPU, **MEGATRON, "train__deepspeed": "zero3"}, "train.deepspeed zero3 belongs to ms-swift's own trainer"),
    ({**GPU, **MEGATRON, "train__accumulation": 4}, "set train.megatron.globalBatchSize (samples of a step"),
    ({**GPU, **MEGATRON, "train__saveLimit": 1}, "train.saveLimit 1 is refused by Megatron"),
    ({**GPU, **MEGATRON, "extraArgs": {"no_save_optim": True}}, "leaves a lost pod nothing to go on from"),
    ({**GPU, **MEGATRON, "train__megatron__tensorParallel": 4}, "over 4 devices (tensorParallel"),
    ({**GPU, **MEGATRON, "accelerator__count": 3}, "globalBatchSize 16 is no multiple of the 3 samples"),
    ({**GPU, **MEGATRON, "task": "rlhf", "train__rlhfType": "orpo"}, 'of `megatron rlhf` cannot be "orpo"'),
    ({**GPU, **MEGATRON, "extraArgs": {"recompute": "full"}}, "is no option of `megatron sft` 4.4.3"),
    (
        {"ingress": {**SIGNED_IN}, "apiKey__existingSecret": "k"},
        "ingress.auth.type basic and apiKey.existingSecret both want the header Authorization",
    ),
    ({"task": "web-ui"}, "runs commands for whoever opens it"),
    (
        {"task": "web-ui", "ingress": SIGNED_IN},
        "name the ingress controller's pods or namespace in networkPolicy.from",
    ),
    ({"task": "app", "ingress": SIGNED_IN, "service__type": "NodePort"}, "and service.type=ClusterIP"),
    (
        {"task": "app", "model__id": "", "proxy__enabled": True, "apiKey__existingSecret": "k"},
        "task app needs a model",
    ),
    ({"task": "app", "proxy__enabled": True}, "set proxy.enabled=true and apiKey.existingSecret (the password)"),
    (
        {"task": "app", "proxy__enabled": True, "apiKey__existingSecret": "k", "ingress": SIGNED_IN},
        "task app would ask for two passwords in one header",
    ),
    ({"autoscaling__enabled": True}, "needs numbers, and ms-swift serves none"),
    ({"metrics__source": "proxy"}, "metrics.source proxy needs proxy.enabled=true"),
    ({"metrics__source": "vllm"}, "metrics.source vllm starts vLLM's own server"),
    ({"engine__nodes": 2}, "needs task deploy (is deploy) and metrics.source=vllm (is none)"),
    ({**GPU, "engine__nodes": 2, "metrics__source": "vllm"}, "install LeaderWorkerSet (https://lws.sigs.k8s.io)"),
    ({"ingress__enabled": True}, "ingress.enabled needs ingress.hosts"),
    *(
        ({"ingress": {**OPEN, "controller": controller, "auth": {"type": kind}}}, sentence)
        for controller, kind, sentence in (
            (
                "haproxy",
                "oidc",
                "ingress.auth.type oidc is nothing that this chart can ask of ingress.controller haproxy",
            ),
            ("other", "basic", "is nothing that this chart can ask of ingress.controller other"),
            ("haproxy", "basic", "needs ingress.auth.secret, which is empty"),
            ("nginx", "oidc", "needs ingress.auth.url, which is empty"),
            ("traefik", "oidc", "needs ingress.auth.middleware, which is empty"),
        )
    ),
    ({"ingress": {**OPEN, "path": "/qwen"}}, "ingress.path /qwen would be passed on as it is"),
    *(
        ({f"metrics__{reader}__enabled": True}, f"metrics.{reader}.enabled has nothing to read")
        for reader in ("serviceMonitor", "prometheusRule", "dashboard")
    ),
    ({"httpRoute": ROUTE, "ingress__auth__type": "basic"}, "httpRoute.enabled lets in everybody, for a Gateway"),
    (
        {"task": "app", "ingress": SIGNED_IN, "networkPolicy__from": [{"podSelector": {}}], "httpRoute": ROUTE},
        "httpRoute.enabled lets in everybody, for a Gateway",
    ),
    ({"model__hub": "mirror"}, "model.hub mirror needs cache.seed.endpoint"),
    *(
        ({key: value}, key.replace("__", "."))
        for key, value in (
            ("cache__seed__endpoint", "hub.site"),
            ("cache__seed__proxy", "proxy:3128"),
            ("cache__seed__rateLimit", "fast"),
            ("cache__seed__rateLimit", "40M"),
            ("cache__seed__rateSchedule", [{"from": "08:00", "rate": "10MiB/s"}]),
            ("cache__accessModes", ["RWX"]),
            ("cache__accessModes", []),
            ("job__schedule", "daily"),
            ("eval__url", "qwen:8080/v1"),
            ("ui__baseUrl", "qwen:8080/v1"),
            ("ingress__hosts", [""]),
            ("ingress__hosts", ["https://a.example"]),
            ("ingress__hosts", ["a.example", "a.example"]),
            ("image__pullSecrets", ["regcred"]),
            ("extraEnv", ["A=1"]),
            ("nodeSelector", {"gpu": True}),
            ("podLabels", {"team": 7}),
            ("adapters", [{"path": ""}]),
        )
    ),
    ({"proxy__enabled": True, "engine__port": 8081}, "engine.port and proxy.port are both 8081"),
    ({"proxy__enabled": True, "proxy__metricsPort": 8081}, "proxy.metricsPort and proxy.port are both 8081"),
    (
        {"task": "app", "proxy__enabled": True, "apiKey__existingSecret": "k", "engine__port": 8080},
        "engine.port + 1 (the model behind the page) and proxy.port are both 8081",
    ),
    ({**SFT, "train__masterPort": 29499}, "train.gangPort and train.masterPort are both 29499"),
    ({"terminationGracePeriodSeconds": 10}, "terminationGracePeriodSeconds 10 is over before drainSeconds 10 are"),
    ({**GPU, "accelerator__count": 4, "resources__limits": {"nvidia.com/gpu": 2}}, "accelerator.count is 4, but"),
    ({**NPU, "accelerator__sharing": "mps"}, "accelerator.sharing mps is a way to share NVIDIA GPUs"),
    (
        {**GPU, "accelerator__sharing": "mps", "resources__limits": {"nvidia.com/mig-1g.10gb": 1}},
        "accelerator.sharing is mps, but the pod asks for nvidia.com/mig-1g.10gb",
    ),
    ({"enabled": False}, "enabled is the condition of a parent chart"),
    ({**GPU, "accelerator__shares": 4}, "accelerator.shares 4 says nothing of a device that is not shared"),
    (
        {**GPU, "accelerator__compute": "7.5", "engine__dtype": "bfloat16"},
        "engine.dtype bfloat16 begins with compute capability 8.0 and Ascend 910B, and the pod asks for 7.5",
    ),
    ({"env__USE_VLLM": "maybe"}, 'env.USE_VLLM "maybe" is neither true nor false'),
    ({**GPU, "env__USE_VLLM": True, "engine__backend": "sglang"}, "but engine.backend is sglang: set only one"),
    ({"env__TASK_TYPE": True}, 'env.TASK_TYPE "true" is no task'),
    ({"env__MODEL_NAME": 7, "model__id": ""}, 'model "7" is neither in the catalogue'),
    *(
        ({"model__id": name}, "is no id of a hub: write it as organisation/name")
        for name in ("a/b/c", "a/", "../b", "https://modelscope.cn/models/a/b", "模型/b")
    ),
    ({"adapters": [{"name": "n", "path": "/a"}, {"name": "n", "path": "/b"}]}, 'has the name "n", which another'),
    ({"adapters": [{"name": "Qwen2.5-0.5B-Instruct", "path": "/a"}]}, "or the model itself answers to"),
    ({"adapters": [{"name": "a=b", "path": "/a"}]}, "ms-swift ends a name at the ="),
    ({"cache__enabled": False}, "would be looked for on the claim, and cache.enabled is false"),
    ({"task": "download", "model__path": "/cache/x"}, "but model.path /cache/x says that the weights are there"),
    ({"task": "download", "cache__seed__enabled": False}, "does what cache.seed.enabled=false forbids"),
    ({**SFT, "output__path": "/tmp/x"}, "output.path /tmp/x is not on the claim and would be lost"),
    (
        {**SFT, "accelerator__vendor": "nvidia", "train__deepspeed": "zero3", "extraArgs__save_only_model": True},
        "extraArgs.save_only_model leaves DeepSpeed nothing to go on from",
    ),
    (
        {**SFT, "output__path": "/data", "extraVolumeMounts": [{"name": "d", "mountPath": "/data/"}]},
        "output.path /data is not on the claim and would be lost with the pod: choose a directory below /cache or ",
    ),
    ({"task": "eval"}, "task eval needs eval.datasets"),
    ({"task": "eval", "eval__datasets": ["x"], "engine__backend": "vllm"}, "backend vllm needs an accelerator"),
    ({**NPU, **EXPORT, "export__quantMethod": "bnb"}, "bnb does not run on Ascend: quantise on a GPU or a CPU"),
    ({**NPU, **EXPORT, "export__quantMethod": "fp8"}, "fp8 does not run on Ascend: quantise on a GPU"),
    ({**EXPORT, **AWQ, "image__tag": "own", "export__quantBits": 8}, "quantBits 8 is nothing that AutoAWQ makes"),
    ({**GPU, **SFT, "train__processes": 4}, "train.processes 4 need a device each, and the pod asks for 1"),
    ({**GPU, **SFT, "train__deepspeed": "zero3", "train__fsdp": "fsdp2"}, "both split the model"),
    (
        {**CPU, **SFT, "train__deepspeed": "zero3"},
        "train.deepspeed zero3 needs GPUs or NPUs, and accelerator.vendor is cpu",
    ),
    ({**CPU, **SFT, "train__fsdp": "fsdp2", "train__nodes": 2}, "train.fsdp fsdp2 needs GPUs or NPUs"),
    ({**GPU, **SFT, "train__fsdp": "fsdp2"}, "train.fsdp fsdp2 splits the model over processes, and there is one"),
    ({**EIGHT, **SFT, "train__processes": 3}, "train.processes 3 cannot share 8 devices evenly"),
    (
        {**EIGHT, **SFT, "train__processes": 2, "train__deepspeed": "zero2"},
        "each of the pod's 8 devices, and train.processes is 2",
    ),
    (
        {"autoscaling": {"enabled": True, "minReplicas": 5}, "proxy__enabled": True, "metrics__source": "proxy"},
        "autoscaling.minReplicas 5 is more than autoscaling.maxReplicas 4",
    ),
    ({"httpRoute__enabled": True}, "httpRoute.enabled needs httpRoute.parentRefs"),
    ({"adapters": [{"name": "sums"}]}, "path is required"),
    ({"adapters": ["/cache/x"]}, "Expected: object, given: string"),
    ({"cache__seed__also": [{"id": "a/b", "type": "datset"}]}, "cache.seed.also.0.type must be one of"),
    ({"cache__seed__image": {"repo": "python"}}, "Additional property repo is not allowed"),
    ({"cache__seed__image": {"repository": "python"}}, "cache.seed.image.repository is python without a tag"),
    ({"engine__memoryFraction": "1.5"}, "engine.memoryFraction"),
    ({"engine__memoryFraction": "0.0"}, "engine.memoryFraction"),
    ({"train__epochs": "0"}, "train.epochs"),
    ({"train__learningRate": "0.0e-4"}, "train.learningRate"),
    ({"train__learningRate": "fast"}, "train.learningRate"),
    ({"tsk": "deploy"}, "Additional property tsk is not allowed"),
    ({"task": "sevre"}, "task must be one of the following"),
    ({"engine__maxModelLen": -1}, "engine.maxModelLen"),
    ({"image__digest": "latest"}, "image.digest"),
    ({"accelerator__compute": "8"}, "accelerator.compute"),
    (
        {"env__LOG_LEVEL": "INFO", "apiKey__existingSecret": "k"},
        "env.LOG_LEVEL is decided by a value: set logLevel",
    ),
    (
        {"extraEnv": [{"name": "LOG_LEVEL", "value": "INFO"}], "apiKey__existingSecret": "k"},
        "extraEnv LOG_LEVEL is decided by a value: set logLevel",
    ),
    ({**SFT, "env__NNODES": 4}, "env.NNODES is decided by a value: set train.nodes"),
    ({"extraEnv": [{"name": "MODEL_NAME", "value": "qwen-plus"}]}, "set env.MODEL_NAME"),
    *(
        (
            {**GPU, **ADAPTER, "task": task, **DATA, "engine__backend": backend},
            f"not served by engine.backend {backend}",
        )
        for backend in ("sglang", "lmdeploy")
        for task in ("deploy", "infer")
    ),
    *(
        (
            {**GPU, "task": task, "engine__backend": backend},
            f"task {task} is not served by engine.backend {backend}",
        )
        for task, backend in (("embedding", "lmdeploy"), ("reranker", "lmdeploy"), ("reranker", "sglang"))
    ),
    (
        {**NPU, "accelerator__resource": "huawei.com/Ascend310P"},
        "a device that the published image is not made for",
    ),
    ({"adapters": [{"path": "/cache/a"}, {"path": "/cache/b"}]}, "adapters has 2 entries without a name"),
    ({**SFT, "extraArgs": {"resume_from_checkpoint": True}}, "resume_from_checkpoint true is a path to ms-swift"),
    ({**SFT, "train__quantMethod": "bnb"}, "train.quantMethod bnb needs train.quantBits"),
    ({**SFT, "train__quantBits": 4}, "train.quantBits 4 quantises nothing by itself"),
    ({**SFT, "output__path": "/cache/../etc"}, "output.path /cache/../etc is not on the claim"),
    ({**SFT, "output__path": "/cache/"}, "output.path /cache/ is not on the claim"),
    ({"podLabels": {"app.kubernetes.io/name": "x"}}, "podLabels.app.kubernetes.io/name is set by the chart"),
    ({"podAnnotations": {"swift.k8s/command": "x"}}, "podAnnotations.swift.k8s/command is set by the chart"),
    ({"extraVolumes": [{"name": "tmp", "emptyDir": {}}]}, "extraVolumes has the name tmp a second time"),
    ({"cache__mountPath": "/tmp"}, "has the mountPath /tmp a second time"),
    *(({"fullnameOverride": name}, "is no name of a Service") for name in ("7b", "FooBar", "a_b", "模型")),
    ({"nameOverride": "a" * 60}, "nameOverride"),
]


@functools.cache
def errors() -> dict[str, str]:
    """Case number -> what helm says to it; nothing where it says the sentence."""
    with tempfile.TemporaryDirectory() as scratch:
        suite, report = Path(scratch) / "refusals_test.yaml", Path(scratch) / "report.xml"
        tests = [_test(number, *case) for number, case in enumerate(CASES)]
        suite.write_text(json.dumps({"suite": "refusals", "release": {"name": "r"}, "tests": tests}), encoding="utf-8")
        words = [CHART, "--file", suite, "--output-type", "JUnit", "--output-file", report]
        subprocess.run([sys.executable, ROOT / "scripts/helm_unittest.py", *words], check=False, capture_output=True)
        found = ET.parse(report).getroot().iter("testcase")
        return {case.attrib["name"]: "".join(part.text or "" for part in case) for case in found}


def _test(number: int, pairs: dict[str, Any], sentence: str) -> dict[str, Any]:
    values = {**BASE, **{key.replace("__", "."): value for key, value in pairs.items()}}
    fails = {"failedTemplate": {"errorPattern": re.escape(sentence)}}
    return {"it": str(number), "set": values, "asserts": [fails]}


@pytest.mark.xdist_group("refusals")
@pytest.mark.parametrize("number", range(len(CASES)))
def test_refusal(service: Rendering, number: int) -> None:
    (pairs, sentence), said = CASES[number], errors()[str(number)]
    if BY_SCHEMA in said:
        assert sentence in service(**pairs).error
    else:
        assert not said


@pytest.mark.parametrize("key", ["engine__port", "drainSeconds", "task", "train", "networkPolicy__enabled"])
def test_what_helm_takes_away_is_asked_for(service: Rendering, key: str) -> None:
    assert f"{key.rpartition('__')[2]} is required" in service(**{key: None}).error


def test_a_plug_in_may_bring_a_tuner(service: Rendering) -> None:
    wishes = {"task": "sft", "train__dataset": ["x"], "train__tuner": "mine"}
    assert service(**wishes, extraArgs={"external_plugins": ["/cache/mine.py"]}).arguments["tuner_type"] == "mine"


def test_unknown_release_is_not_checked(service: Rendering) -> None:
    rendered = service(image__repository="own", image__tag="nightly", extraArgs={"whatever": 1})
    assert rendered.arguments["whatever"] == 1
