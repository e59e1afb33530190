"""The objects that the role device_plugin renders for each generation of MindCluster, by one run of Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

#: name -> options of Ascend, and the container runtime of its node
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "unified": ({"version": "26.1.0"}, "containerd://2.1.4"),
    "volcano": ({"version": "26.1.0", "volcano": True, "exporter": True, "pull_secrets": ["regcred"]}, "docker://28.1"),
    "a910": ({"version": "26.0.0"}, "docker://28.1"),
    "a310p": ({"version": "26.0.0", "volcano": True, "chip": "310P3"}, "containerd://1.7.2"),
}


#: name -> options of NVIDIA
MIG: dict[str, dict[str, Any]] = {
    "mig": {"mig_manager": True},
    "mig_own": {"mig_manager": True, "mig_manager_config": "cuts", "mig_manager_reboot": True, "runtime_class": ""},
}


def gpu_host(options: dict[str, Any]) -> dict[str, Any]:
    profiles = {"cut": {"mig": {"config": "all-1g.10gb"}}}
    wish = {"nodes": [{"selector": "gpu", "profile": "cut"}], "profiles": profiles, **options}
    return {"device_plugin_cluster": {"nodes": [{"name": "g", "labels": {"gpu": ""}}]}, "device_plugin_nvidia": wish}


def host(options: dict[str, Any], runtime: str) -> dict[str, Any]:
    chip = options.get("chip", "910B3")
    given = {key: value for key, value in options.items() if key != "chip"}
    return {
        "device_plugin_cluster": {"nodes": [{"name": "n", "labels": {"npu": ""}, "runtime": runtime, "arch": "arm64"}]},
        "device_plugin_ascend": {**given, "nodes": [{"selector": "npu", "chip": chip}]},
    }


#: one worker, so that one run of Ansible does for all
pytestmark = pytest.mark.xdist_group("objects")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Case -> objects."""
    folder = tmp_path_factory.mktemp("objects")
    hosts = {name: host(*case) for name, case in CASES.items()}
    hosts |= {name: gpu_host(options) for name, options in MIG.items()}
    inventory = {"all": {"hosts": hosts}}
    (folder / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    tasks = [
        {"ansible.builtin.include_role": {"name": "swift.k8s.device_plugin", "tasks_from": "plan.yml", "public": True}},
        {"ansible.builtin.set_fact": {"rendered": "{{ __device_plugin_objects }}"}},
        {
            "ansible.builtin.copy": {
                "content": "{{ ansible_play_hosts | map('extract', hostvars, 'rendered') | to_json }}",
                "dest": f"{folder}/objects.json",
                "mode": "0600",
            },
            "run_once": True,
            "connection": "local",
            "vars": {"ansible_python_interpreter": sys.executable},
        },
    ]
    play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    (folder / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    words = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        "-i",
        str(folder / "hosts.json"),
        str(folder / "play.yml"),
    ]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")}
    done = subprocess.run(words, cwd=CHECKOUT, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(zip(hosts, json.loads((folder / "objects.json").read_text(encoding="utf-8")), strict=True))


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [item for item in objects if item["kind"] == kind]


def plugin(objects: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = [item for item in of_kind(objects, "DaemonSet") if "device-plugin" in item["metadata"]["name"]]
    return found


def arguments(daemonset: dict[str, Any]) -> str:
    return str(daemonset["spec"]["template"]["spec"]["containers"][0]["args"][0])


@pytest.mark.parametrize(
    ("case", "name", "selector", "with_words", "without_words"),
    [
        (
            "unified",
            "ascend-device-plugin-daemonset",
            {"workerselector": "dls-worker-node"},
            ["--healthz-address=11251"],
            ["-useAscendDocker", "-volcanoType"],
        ),
        (
            "volcano",
            "ascend-device-plugin-daemonset",
            {"workerselector": "dls-worker-node"},
            ["-volcanoType=true -presetVirtualDevice=true"],
            ["-useAscendDocker"],
        ),
        (
            "a910",
            "ascend-device-plugin-daemonset",
            {"accelerator": "huawei-Ascend910"},
            ["-useAscendDocker=true"],
            ["healthz", "-volcanoType"],
        ),
        (
            "a310p",
            "ascend-device-plugin3-daemonset-310p",
            {"accelerator": "huawei-Ascend310P"},
            ["-useAscendDocker=true -volcanoType=true -presetVirtualDevice=true"],
            ["healthz"],
        ),
    ],
)
def test_names_selectors_and_flags_of_each_version(
    rendered: dict[str, Any],
    case: str,
    name: str,
    selector: dict[str, str],
    with_words: list[str],
    without_words: list[str],
) -> None:
    found = plugin(rendered[case])
    assert found["metadata"]["name"] == name
    assert found["spec"]["template"]["spec"]["nodeSelector"] == selector
    assert [word in arguments(found) for word in with_words] == [True] * len(with_words)
    assert [word in arguments(found) for word in without_words] == [False] * len(without_words)


def test_every_object_is_marked_as_ours(rendered: dict[str, Any]) -> None:
    labels = [item["metadata"]["labels"] for objects in rendered.values() for item in objects]
    assert all(item["app.kubernetes.io/managed-by"] == "swift-k8s" for item in labels)


@pytest.mark.parametrize(
    ("case", "mounted", "absent"),
    [
        ("unified", {"data-trace"}, {"vnpu-config", "containerd", "docker"}),
        ("volcano", {"vnpu-config", "vnpu-lock", "reset"}, {"docker"}),
        ("a910", {"docker", "docker-socket"}, {"containerd"}),
        ("a310p", {"vnpu-config"}, {"lingqu", "containerd"}),
    ],
)
def test_mounts(rendered: dict[str, Any], case: str, mounted: set[str], absent: set[str]) -> None:
    spec = plugin(rendered[case])["spec"]["template"]["spec"]
    volumes = {item["name"] for item in spec["volumes"]}
    mounts = {item["name"] for item in spec["containers"][0]["volumeMounts"]}
    assert volumes == mounts
    assert mounted <= volumes
    assert not absent & volumes


def test_the_exporter_knows_the_runtime(rendered: dict[str, Any]) -> None:
    (exporter,) = [
        item for item in of_kind(rendered["volcano"], "DaemonSet") if item["metadata"]["name"] == "npu-exporter"
    ]
    assert "-containerMode=docker" in arguments(exporter)
    assert exporter["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "regcred"}]


def test_runtime_class_and_images(rendered: dict[str, Any]) -> None:
    assert [item["handler"] for item in of_kind(rendered["unified"], "RuntimeClass")] == ["ascend"]
    images = {name: plugin(rendered[name])["spec"]["template"]["spec"]["containers"][0]["image"] for name in CASES}
    assert images["unified"].endswith("ascendhub/ascend-k8sdeviceplugin:v26.1.0-openeuler24.03")
    assert images["a910"].endswith("ascendhub/ascend-k8sdeviceplugin:v26.0.0")


def test_mig_manager_has_the_rights_that_it_uses(rendered: dict[str, Any]) -> None:
    rules = {item["kind"]: item["rules"] for item in rendered["mig"] if item["kind"] in {"ClusterRole", "Role"}}
    assert {rule["resources"][0]: rule["verbs"] for rule in rules["ClusterRole"]} == {
        "nodes": ["get", "list", "watch", "patch"],
        "pods": ["get", "list", "watch"],
    }
    assert {rule["resources"][0] for rule in rules["Role"]} == {"pods", "configmaps"}
    bound = {item["metadata"]["name"] for item in rendered["mig"] if item["kind"].endswith("Binding")}
    assert bound == {"nvidia-mig-manager"}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("mig", ("nvidia", "false", None, {"host-root", "host-sys"})),
        ("mig_own", (None, "true", "/mig-parted-config/config.yaml", {"host-root", "host-sys", "config"})),
    ],
)
def test_mig_manager_as_upstream_runs_it(rendered: dict[str, Any], case: str, expected: tuple[Any, ...]) -> None:
    (daemonset,) = of_kind(rendered[case], "DaemonSet")
    spec = daemonset["spec"]["template"]["spec"]
    container = spec["containers"][0]
    env = {item["name"]: item.get("value") for item in container["env"]}
    mounts = {item["name"] for item in container["volumeMounts"]}
    assert (spec.get("runtimeClassName"), env["WITH_REBOOT"], env.get("CONFIG_FILE"), mounts) == expected
    assert {item["name"] for item in spec["volumes"]} == mounts
    assert (spec["hostPID"], spec["hostIPC"], container["securityContext"]) == (True, True, {"privileged": True})
    assert spec["nodeSelector"] == {"nvidia.com/gpu.deploy.mig-manager": "true"}
    assert env["HOST_ROOT_MOUNT"] == "/host"
