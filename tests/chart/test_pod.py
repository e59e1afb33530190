"""What a pod looks like: security, devices, volumes, probes, the model's way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.chart.conftest import Rendering


def test_no_trace_of_cuda_on_a_cpu(service: Rendering) -> None:
    rendered = service()
    assert rendered.env["NVIDIA_VISIBLE_DEVICES"] == "void"
    assert rendered.env["CUDA_VISIBLE_DEVICES"] == ""
    assert all(item["name"] != "devices" for item in rendered.pod["initContainers"])
    assert "nvidia" not in json.dumps(rendered.engine["resources"])


def test_key_is_a_file_and_silences_the_log(service: Rendering) -> None:
    rendered = service(apiKey__existingSecret="key", logLevel="INFO")
    assert rendered.env["LOG_LEVEL"] == "WARNING"
    assert rendered.run["api_key_file"] == "/run/secrets/swift/api-key"
    assert "api_key" not in rendered.arguments
    assert "secretKeyRef" not in json.dumps(rendered.engine)


def test_media_directory_is_empty(service: Rendering) -> None:
    rendered = service()
    mounts = {mount["mountPath"]: mount for mount in rendered.engine["volumeMounts"]}
    assert mounts[rendered.env["SWIFT_MEDIA_ALLOWED_DIRS"]]["readOnly"] is True
    assert mounts["/cache"]["readOnly"] is True


def test_script_is_readable_for_uid_1000_and_root(service: Rendering) -> None:
    as_user = {mount["mountPath"] for mount in service().engine["volumeMounts"]}
    assert "/root" in as_user
    as_root = service(podSecurityContext__runAsUser=0).engine["volumeMounts"]
    assert any(mount.get("subPath") == "yichuidingyin.sh" for mount in as_root)
    # OpenShift gives a uid of its own where none is named
    as_anybody = service(podSecurityContext__runAsUser=None).engine["volumeMounts"]
    assert "/root" in {mount["mountPath"] for mount in as_anybody}


def test_a_variable_of_extra_env_stands_once(service: Rendering) -> None:
    rendered = service(extraEnv=[{"name": "HF_HOME", "value": "/x"}])
    assert [item for item in rendered.engine["env"] if item["name"] == "HF_HOME"] == [
        {"name": "HF_HOME", "value": "/x"}
    ]


@pytest.mark.parametrize(("asked", "seconds"), [("qwen2.5-0.5b-instruct", 305), ("qwen2.5-72b-instruct", 1685)])
def test_startup_follows_the_bytes(render: Rendering, asked: Any, seconds: int) -> None:
    probe = render(model__id=asked, accelerator__vendor="nvidia").engine["startupProbe"]
    assert 0 <= probe["failureThreshold"] * probe["periodSeconds"] - seconds <= 10


def test_stop_is_orderly(service: Rendering) -> None:
    rendered = service(drainSeconds=7)
    assert rendered.engine["command"][0] == "python"
    assert rendered.engine["lifecycle"]["preStop"]["exec"]["command"][-1] == "import time; time.sleep(7)"
    assert rendered.pod["terminationGracePeriodSeconds"] > 300


def test_seed(service: Rendering) -> None:
    rendered = service(
        cache__seed__endpoint="http://hub:8099",
        cache__seed__rateLimit="40MiB/s",
        cache__seed__token__existingSecret="hub",
        cache__seed__also=[{"id": "a/d", "type": "dataset"}],
        model__revision="v1",
    )
    spec = json.loads(rendered.files["spec.json"])
    assert spec["rate_limit"] == "40MiB/s"
    first, second = spec["models"]
    assert (first["id"], first["revision"], first["token_file"]) == (
        "Lab/Qwen2.5-0.5B-Instruct",
        "v1",
        "/run/secrets/hub/hub-token",
    )
    assert second == {
        "id": "a/d",
        "type": "dataset",
        "hub": "modelscope",
        "endpoint": "http://hub:8099",
        "token_file": "/run/secrets/hub/hub-token",
    }
    mounts = [mount["mountPath"] for mount in rendered.init("model")["volumeMounts"]]
    assert "/opt/swift_seed/_cache" in mounts
    assert all("hub" not in mount["name"] for mount in rendered.engine["volumeMounts"])


@pytest.mark.parametrize("pairs", [{"model__path": "/cache/outputs/x/M"}, {"cache__seed__enabled": False}])
def test_nothing_is_fetched(service: Rendering, pairs: dict[str, Any]) -> None:
    rendered = service(**pairs)
    assert "initContainers" not in rendered.pod
    assert "spec.json" not in rendered.files


@pytest.mark.parametrize(
    ("pairs", "size"),
    [
        ({"accelerator__vendor": "cpu"}, None),
        ({"accelerator__vendor": "nvidia"}, "2Gi"),
        ({"accelerator__vendor": "nvidia", "accelerator__count": 4}, "16Gi"),
        ({"accelerator__vendor": "nvidia", "accelerator__sharing": "mps", "accelerator__shares": 4}, None),
    ],
)
def test_shared_memory(render: Rendering, pairs: dict[str, Any], size: str | None) -> None:
    volumes = {item["name"]: item for item in render(model__id="a/b", **pairs).pod["volumes"]}
    assert volumes.get("shm", {}).get("emptyDir", {}).get("sizeLimit") == size


def test_shares_of_a_device_add_up(render: Rendering) -> None:
    pairs = {"accelerator__vendor": "nvidia", "accelerator__sharing": "time-slicing", "accelerator__shares": 4}
    rendered = render(model__id="a/b", **pairs)
    assert rendered.arguments["vllm_gpu_memory_utilization"] * 4 < 1
    assert rendered.init("model")["command"][:4] == ["python", "/etc/swift/devices.py", "nvidia", "0"]
    sliced = render(model__id="a/b", resources__limits={"nvidia.com/mig-3g.40gb": 1}, **pairs)
    assert sliced.arguments["vllm_gpu_memory_utilization"] * 4 < 1


@pytest.mark.parametrize(
    ("pairs", "names"),
    [
        ({}, ["model"]),
        ({"cache__seed__image": {"repository": "python", "tag": "3.11"}}, ["devices", "model"]),
        ({"model__path": "/cache/outputs/x/M"}, ["devices"]),
        ({"deviceCheck__enabled": False}, ["model"]),
        ({"accelerator__vendor": "cpu"}, ["model"]),
    ],
)
def test_devices_are_checked_before_the_model_is_fetched(
    render: Rendering, pairs: dict[str, Any], names: list[str]
) -> None:
    rendered = render(**{"model__id": "a/b", "accelerator__vendor": "nvidia", "proxy__enabled": False, **pairs})
    first = rendered.pod["initContainers"]
    assert [item["name"] for item in first] == names
    checked = [item["name"] for item in first if "/etc/swift/devices.py" in item["command"]]
    assert checked == (names[:1] if len(pairs) == 0 or names[0] == "devices" else [])
    assert [item["name"] for item in first if "nvidia.com/gpu" in item["resources"]["limits"]] == checked


def test_nodes_by_memory_and_compute(render: Rendering) -> None:
    rendered = render(
        model__id="a/b", accelerator__vendor="nvidia", accelerator__memoryMiB=40000, accelerator__compute="7.5"
    )
    terms = rendered.pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    told = [[(e["key"], e["operator"], e["values"]) for e in t["matchExpressions"]] for t in terms["nodeSelectorTerms"]]
    memory = ("nvidia.com/gpu.memory", "Gt", ["39999"])
    assert told[0] == [memory, ("nvidia.com/gpu.compute.major", "Gt", ["7"])]
    assert told[1][1:] == [("nvidia.com/gpu.compute.major", "In", ["7"]), ("nvidia.com/gpu.compute.minor", "Gt", ["4"])]


def test_nodes_by_a_whole_compute_capability(render: Rendering) -> None:
    """The API server takes no value that begins with a minus."""
    rendered = render(model__id="a/b", accelerator__vendor="nvidia", accelerator__compute="8.0")
    terms = rendered.pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    above = {"key": "nvidia.com/gpu.compute.major", "operator": "Gt", "values": ["7"]}
    assert terms == {"nodeSelectorTerms": [{"matchExpressions": [above]}]}


def test_network_policy_of_a_site_hub(service: Rendering) -> None:
    policy = service(cache__seed__endpoint="http://hub:8099").one("NetworkPolicy")["spec"]
    assert [{"protocol": "TCP", "port": 8099}] in [rule["ports"] for rule in policy["egress"]]
    assert "ipBlock" not in json.dumps(policy)


def test_registry_of_all_images(service: Rendering) -> None:
    rendered = service(image__registry="r.site", proxy__enabled=True, proxy__image__tag="1")
    images = {item["image"] for item in [rendered.engine, *rendered.pod["initContainers"]]}
    assert all(image.startswith("r.site/") for image in images)


def test_autoscaled_deployment_names_no_replicas(service: Rendering) -> None:
    rendered = service(proxy__enabled=True, metrics__source="proxy", autoscaling__enabled=True)
    assert "replicas" not in rendered.one("Deployment")["spec"]
    assert rendered.one("HorizontalPodAutoscaler")["spec"]["maxReplicas"] == 4


def test_configuration_rolls_the_pods(service: Rendering) -> None:
    digests = {
        service(**pairs).one("Deployment")["spec"]["template"]["metadata"]["annotations"]["swift.k8s/config"]
        for pairs in ({}, {"engine__maxModelLen": 4096}, {"proxy__enabled": True})
    }
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("pairs", "rolls"),
    [
        ({"model__revision": "v2"}, True),
        ({"cache__seed__exclude": ["*.bin"]}, True),
        ({"cache__seed__also": [{"id": "a/b", "type": "dataset"}]}, True),
        ({"cache__seed__rateLimit": "40MiB/s"}, False),
        ({"cache__seed__endpoint": "http://hub:8099"}, False),
        ({"cache__seed__verify": "full"}, False),
    ],
)
def test_other_weights_roll_the_pods(service: Rendering, pairs: dict[str, Any], rolls: bool) -> None:
    """A pod that only its node's failure replaces would serve another revision than the rest."""
    first, then = (service(**more).one("Deployment")["spec"]["template"] for more in ({}, pairs))
    assert (first != then) is rolls


@pytest.mark.parametrize("pairs", [{}, {"serviceAccount__name": "models"}])
def test_the_pods_account_is_the_one_that_is_made(service: Rendering, pairs: dict[str, Any]) -> None:
    rendered = service(**pairs)
    assert rendered.pod["serviceAccountName"] == rendered.one("ServiceAccount")["metadata"]["name"]


def test_spread_counts_the_releases_own_pods(service: Rendering) -> None:
    constraint = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    own = {**constraint, "labelSelector": {"matchLabels": {"team": "nlp"}}}
    rendered = service(topologySpreadConstraints=[constraint, own])
    selector = rendered.one("Deployment")["spec"]["selector"]
    assert rendered.pod["topologySpreadConstraints"] == [{**constraint, "labelSelector": selector}, own]


def test_a_load_balancer_does_not_wait_for_answers(service: Rendering) -> None:
    config = service(proxy__enabled=True, apiKey__existingSecret="key").files["haproxy.cfg"]
    entry, engine, health = (
        config.split(f"\n{name}\n")[1] for name in ("frontend entry", "backend engine", "backend health")
    )
    assert entry.index("use_backend health if health") < entry.index("default_backend engine")
    assert "maxconn" in engine.split("\n\n")[0]
    assert "maxconn" not in health.split("\n\n")[0]


def test_a_key_may_have_commas(service: Rendering) -> None:
    """req.hdr would part the header at them, and compare what is behind the last one."""
    config = service(proxy__enabled=True, apiKey__existingSecret="key").files["haproxy.cfg"]
    assert "acl key_right req.fhdr(authorization)," in config


def test_whole_numbers_have_no_exponent_in_a_pod(service: Rendering) -> None:
    rendered = service(terminationGracePeriodSeconds=1000000, proxy={"enabled": True, "maxConcurrency": 1000000})
    assert rendered.pod["terminationGracePeriodSeconds"] == 1000000
    assert "maxconn 1000000 maxqueue" in rendered.files["haproxy.cfg"]


@pytest.mark.parametrize(
    ("pairs", "strategy"),
    [
        ({}, {"type": "Recreate"}),
        ({"replicaCount": 2}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}),
        ({"strategy": {"type": "Recreate", "rollingUpdate": None}}, {"type": "Recreate"}),
        ({"strategy": {"type": "RollingUpdate"}}, {"type": "RollingUpdate"}),
    ],
)
def test_rollout_needs_no_spare_device(service: Rendering, pairs: dict[str, Any], strategy: dict[str, Any]) -> None:
    assert service(**pairs).one("Deployment")["spec"]["strategy"] == strategy
