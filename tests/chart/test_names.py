"""Names and words that must come out right however they are given."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart.conftest import Rendering

LONG = "customer-assistant-qwen2-tiny-random-prod"
JOB = {"task": "sft", "train__dataset": ["x"]}


def test_long_names_stay_apart(service: Rendering) -> None:
    names = {
        service(fullnameOverride=f"{LONG}-{colour}").one("Service")["metadata"]["name"] for colour in ("blue", "green")
    }
    assert len(names) == 2
    assert all(len(name) <= 40 for name in names)


def test_a_name_with_dots_is_one_for_a_service(service: Rendering) -> None:
    assert service(fullnameOverride="qwen2.5").one("Service")["metadata"]["name"] == "qwen2-5"


def test_numbers_for_names_are_words(render: Rendering) -> None:
    rendered = render("--namespace", "2024", "--name-template", "123", model__id="a/b", fullnameOverride="a")
    for item in rendered.objects:
        assert item["metadata"]["namespace"] == "2024"
        assert item["metadata"]["labels"]["app.kubernetes.io/instance"] == "123"


@pytest.mark.parametrize(
    "key",
    [
        *("env", "extraArgs", "resources", "affinity", "podSecurityContext", "securityContext"),
        *("cache.seed.image", "cache.seed.resources", "ingress.hosts", "image.registry"),
        *("cache.seed.proxy", "podLabels", "podAnnotations"),
    ],
)
def test_a_key_with_nothing_below_it_is_empty(render: Rendering, key: str) -> None:
    assert render("--set", f"{key}=null", model__id="a/b").one("Deployment")


def test_an_ingress_may_have_no_annotations_of_yours(service: Rendering) -> None:
    assert service(ingress={"enabled": True, "hosts": ["a.example"], "annotations": None}).one("Ingress")


def test_names_like_numbers_are_words(service: Rendering) -> None:
    rendered = service(
        apiKey={"existingSecret": "1e3", "key": "on"},
        cache={"existingClaim": "2024", "seed": {"caConfigMap": "0755"}},
        ingress={"enabled": True, "hosts": ["a.example"], "className": "1", "tlsSecret": "77"},
        service__front="12",
        serviceAccount__name="34",
        nameOverride="5",
    )
    volumes = {item["name"]: item for item in rendered.pod["volumes"]}
    assert volumes["api-key"]["secret"]["secretName"] == "1e3"
    assert volumes["api-key"]["secret"]["items"][0]["key"] == "on"
    assert volumes["cache"]["persistentVolumeClaim"]["claimName"] == "2024"
    assert volumes["hub-ca"]["configMap"]["name"] == "0755"
    entry = rendered.one("Ingress")["spec"]
    assert (entry["ingressClassName"], entry["tls"][0]["secretName"]) == ("1", "77")
    assert entry["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == "12"
    assert rendered.pod["serviceAccountName"] == rendered.one("ServiceAccount")["metadata"]["name"] == "34"
    assert rendered.one("Service")["spec"]["selector"]["app.kubernetes.io/name"] == "5"


def test_whole_numbers_have_no_exponent(service: Rendering) -> None:
    rendered = service(env__MAX_PIXELS=1003520, extraArgs__max_pixels=1003520)
    assert rendered.env["MAX_PIXELS"] == "1003520"
    told = rendered.one("Deployment")["metadata"]["annotations"]["swift.k8s/command"]
    assert "--max_pixels 1003520" in told


@pytest.mark.parametrize(
    "change",
    [
        {"resources__limits": {"memory": "3Gi"}},
        {"env__NCCL_DEBUG": "INFO"},
        {"image__tag": "4.6.0", "image__repository": "x"},
        {"nodeSelector": {"pool": "b"}},
        {"train__nodes": 2},
    ],
)
def test_a_job_with_other_pods_is_another_job(service: Rendering, change: dict[str, Any]) -> None:
    first, then = (service(**JOB, **pairs).one("Job") for pairs in ({}, change))
    assert first["spec"]["template"] != then["spec"]["template"]
    assert first["metadata"]["name"] != then["metadata"]["name"]


def test_a_job_that_is_given_more_time_stays(service: Rendering) -> None:
    first, then = (service(**JOB, **pairs).one("Job") for pairs in ({}, {"job__activeDeadlineSeconds": 1209600}))
    assert first["metadata"]["name"] == then["metadata"]["name"]
    assert then["spec"]["activeDeadlineSeconds"] == 1209600


def test_a_gang_knows_its_first_pod(service: Rendering) -> None:
    rendered = service(**JOB, train__nodes=2)
    assert rendered.env["MASTER_ADDR"] == f"{rendered.one('Job')['metadata']['name']}-0.r-ms-swift-gang"


def test_another_task_of_a_service_keeps_its_selector(service: Rendering) -> None:
    selectors = [
        service(task=task).one("Deployment")["spec"]["selector"] for task in ("deploy", "embedding", "app")[:2]
    ]
    assert selectors[0] == selectors[1]
    assert service(task="embedding").one("Service")["spec"]["selector"] == selectors[0]["matchLabels"]


@pytest.mark.parametrize(
    ("model", "gibibytes"),
    [
        ("qwen2.5-72b-instruct", 223),
        ("Qwen/Qwen2.5-72B-Instruct", 223),
        ("acme/Chat-72B-v2", 221),
        ("mistralai/Mixtral-8x7B-v0.1", 176),
        ("acme/chat", 20),
    ],
)
def test_room_for_a_model(render: Rendering, model: str, gibibytes: int) -> None:
    rendered = render(model__id=model, accelerator__vendor="nvidia")
    assert rendered.one("PersistentVolumeClaim")["spec"]["resources"]["requests"]["storage"] == f"{gibibytes}Gi"
    probe = rendered.engine["startupProbe"]
    assert probe["failureThreshold"] * probe["periodSeconds"] >= 300 + (gibibytes - 20) * 6


def test_a_route_below_a_path_rewrites_it(service: Rendering) -> None:
    route = {"enabled": True, "parentRefs": [{"name": "g"}]}
    rules = {
        path: service(httpRoute=route, ingress__path=path).one("HTTPRoute")["spec"]["rules"][0] for path in ("/", "/q")
    }
    rewritten = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}
    assert rules["/q"]["filters"] == [{"type": "URLRewrite", "urlRewrite": {"path": rewritten}}]
    assert "filters" not in rules["/"]


def test_the_image_that_fetches_comes_from_the_same_registry(service: Rendering) -> None:
    image = {"repository": "python", "tag": "3.11"}
    rendered = service(image__registry="mirror.corp", image__repository="ms-swift", cache__seed__image=image)
    assert rendered.init("model")["image"] == "mirror.corp/python:3.11"


@pytest.mark.parametrize("words", [("--set", "engine.memoryFraction=0.8"), ("--set-json", "engine.memoryFraction=0.8")])
def test_fractions_in_either_form(render: Rendering, words: tuple[str, ...]) -> None:
    rendered = render(*words, model__id="a/b", accelerator__vendor="nvidia")
    assert str(rendered.arguments["vllm_gpu_memory_utilization"]) == "0.8"
