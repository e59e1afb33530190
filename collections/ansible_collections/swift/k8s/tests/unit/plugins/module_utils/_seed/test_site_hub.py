"""The hub of a site: made once by the cluster that serves, asked first by the others, and no secret on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache import spec as engine_spec
from ansible_collections.swift.k8s.plugins.module_utils._seed import objects, site_hub
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import SeedError
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from ansible_collections.swift.k8s.plugins.module_utils._seed.wish import parse, spec, validate
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._storage.fake_cluster import FakeCluster

from .test_run import DONE, cluster, pod
from .wishes import model, params

ADDRESS = "http://10.0.0.5:30899"
NAME = "swift-k8s-site-hub-models"
SERVES = params(site_hub=ADDRESS, site_serve=True)
TAKES = {"site_hub": ADDRESS, "site_token_secret": "site"}


def kinds(fake: Any) -> set[str]:
    return {kind for (kind, _namespace, name) in fake.objects if name == NAME}


def available(fake: FakeCluster) -> None:
    """Play the Deployment's controller."""
    for (kind, _namespace, _name), item in fake.objects.items():
        if kind == "Deployment":
            item["status"] = {"readyReplicas": 1, "updatedReplicas": 1}


@pytest.fixture
def serving() -> FakeCluster:
    fake = cluster()
    fake.react = available
    run(fake, SERVES, check_mode=False)
    assert kinds(fake) == set(), "the volume is still being seeded"
    pod(fake, "Succeeded", DONE, end="Complete")
    assert run(fake, SERVES, check_mode=False)["changed"]
    fake.writes.clear()
    return fake


def test_it_is_made_once_and_the_port_is_that_of_the_address(serving: FakeCluster) -> None:
    assert kinds(serving) == {"ConfigMap", "Service", "Deployment"}
    ports = serving.objects["Service", "ai", NAME]["spec"]["ports"]
    assert [(each["nodePort"], each["port"]) for each in ports] == [(30899, 8099)]
    assert not run(serving, SERVES, check_mode=False)["changed"]
    assert not run(serving, SERVES, check_mode=True)["changed"]
    assert serving.writes == []


@pytest.mark.parametrize("change", [{"lan_rate_limit": "1MiB/s"}, {"image": "other"}, {"site_serve": False}])
def test_a_change_is_foretold_and_made(serving: FakeCluster, change: dict[str, Any]) -> None:
    wish = {**SERVES, **change}
    assert run(serving, wish, check_mode=True)["changed"]
    assert serving.writes == []
    assert run(serving, wish, check_mode=False)["changed"]
    assert not run(serving, wish, check_mode=False)["changed"]
    assert ("Deployment" in kinds(serving)) == wish["site_serve"]


def test_a_limit_rolls_no_pod(serving: FakeCluster) -> None:
    before = json.dumps(serving.objects["Deployment", "ai", NAME]["spec"])
    run(serving, {**SERVES, "lan_rate_limit": "1MiB/s"}, check_mode=False)
    assert serving.objects["ConfigMap", "ai", NAME]["data"]["rate"] == "1MiB/s"
    assert json.dumps(serving.objects["Deployment", "ai", NAME]["spec"]) == before


def test_a_hub_that_does_not_answer_is_an_error_that_says_where_to_look(serving: FakeCluster) -> None:
    serving.react = lambda _cluster: None
    serving.objects["Deployment", "ai", NAME]["status"] = {}
    with pytest.raises(SeedError, match=f"is seeded. Look at Deployment ai/{NAME}"):
        run(serving, {**SERVES, "start_timeout": 0}, check_mode=False)


def test_others_ask_it_first_without_what_is_meant_for_the_hubs_outside() -> None:
    wished = model(hub="huggingface", token_secret="hf", ca_config_map="c", proxy="http://proxy:3128")
    told = spec(parse(params(models=[wished], **TAKES)))["models"][0]
    told["token_file"] = ""
    told["endpoints"][0]["token_file"] = ""
    endpoints = engine_spec.parse({"root": "/cache", "models": [told]}, {}).wishes[0].endpoints
    assert [(each.hub, each.address, each.lan) for each in endpoints] == [
        ("mirror", ADDRESS, True),
        ("huggingface", "", False),
    ]
    assert [(each.settings.ca_file, each.settings.proxy) for each in endpoints] == [
        ("", "none"),
        ("/run/ca/c/ca.crt", "http://proxy:3128"),
    ]


def test_the_token_of_the_site_is_mounted_and_the_hubs_token_is_not_given_to_it() -> None:
    wish = parse(params(models=[model(token_secret="hf")], **TAKES))
    told = spec(wish)["models"][0]
    assert told["token_file"].startswith("/run/secrets/swift-k8s/hf/")
    assert told["endpoints"][0]["token_file"] == "/run/secrets/swift-k8s/site/token"
    volumes = objects.job(wish, "d", {})["spec"]["template"]["spec"]["volumes"]
    assert [each["secret"]["secretName"] for each in volumes if "secret" in each] == ["hf", "site"]
    validate(wish)


def test_the_cluster_that_serves_and_models_from_a_directory_ask_nobody_of_the_site() -> None:
    assert "endpoints" not in spec(parse(SERVES))["models"][0]
    copied = model(hub="directory", source="/x", source_claim="usb")
    assert "endpoints" not in spec(parse(params(models=[copied], **TAKES)))["models"][0]


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"site_hub": "10.0.0.5:30899"}, "is not an address. Write http://"),
        ({"site_hub": "http://u:p@h:30899"}, "Use site_token_secret"),
        ({"site_hub": "http://[::1:30899"}, "site_hub cannot be parsed"),
        ({"site_hub": "http://h:hub"}, "site_hub cannot be parsed"),
        ({"wave": "0%"}, "wave '0%' is not a number of nodes"),
        ({"site_serve": True}, "site_serve needs site_hub"),
        ({"lan_rate_limit": "300"}, "lan_rate_limit: .*300"),
        ({"site_serve": True, "site_hub": "http://h:80"}, "no port that a NodePort can be"),
    ],
)
def test_wrong_addresses_are_refused_before_anything_is_made(wish: dict[str, Any], words: str) -> None:
    fake = cluster()
    with pytest.raises(SeedError, match=words):
        run(fake, params(**wish), check_mode=False)
    assert fake.writes == []


@pytest.mark.parametrize(
    ("kind", "address", "port"),
    [("LoadBalancer", "http://h", {"port": 80}), ("ClusterIP", "https://h/models", {"port": 8099})],
)
def test_other_services(kind: str, address: str, port: dict[str, int]) -> None:
    wish = params(site_hub=address, site_serve=True, site_service_type=kind, site_service_annotations={"a": "b"})
    site_hub.validate(wish)
    service = site_hub.build(parse(wish), wish, {})[1]
    assert service["spec"]["ports"] == [{"name": "http", "targetPort": "http", **port}]
    assert service["metadata"]["annotations"] == {"a": "b"}
