"""Command lines, templates and files that a lab is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import tomllib
import yaml
from lab import controlplane, keepers, kubeconfig, labels, network, node, pki, simulated, template, zoo
from lab.errors import LabError
from lab.images import ASCEND_TAGS
from lab.paths import Paths
from lab.state import State, contract

NODE = node.Node("lab-0", 0, "nvidia", 4)


class Bins(dict[str, Path]):
    """Every program exists, in one directory."""

    def __missing__(self, name: str) -> Path:
        return Path("/cache/bin/piece-1") / name


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths("unit", tmp_path)


@pytest.fixture
def prepared(paths: Paths) -> Path:
    node.prepare(paths, Bins(), NODE)
    return paths.node("lab-0")


@pytest.mark.parametrize("name", ["Lab", "a b", "../x", "1a", "a" * 17])
def test_a_wrong_lab_name_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="is not a lab name"):
        Paths.here(name)


def test_containerd_knows_the_runtimes_and_one_registry(prepared: Path, paths: Paths) -> None:
    config = tomllib.loads((prepared / "containerd.toml").read_text())
    cri = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert set(cri["containerd"]["runtimes"]) == {"runc", "nvidia", "ascend"}
    assert cri["registry"]["config_path"] == f"{paths.run}/registry.d"
    hosts = tomllib.loads((paths.run / "registry.d/_default/hosts.toml").read_text())
    assert list(hosts["host"]) == ["http://10.99.0.1:5000"]


def test_kubelet_and_proxy_configuration(prepared: Path) -> None:
    kubelet = yaml.safe_load((prepared / "kubelet.yaml").read_text())
    assert kubelet["cgroupRoot"] == "/swift-k8s-unit/lab-0"
    assert kubelet["clusterDNS"] == ["10.96.0.10"]
    assert yaml.safe_load((prepared / "kube-proxy.yaml").read_text())["mode"] == "nftables"
    network_list = json.loads((prepared / "cni/10-lab.conflist").read_text())
    assert network_list["plugins"][0]["ipam"]["ranges"] == [[{"subnet": "10.244.0.0/24"}]]


def test_simulated_devices_are_files_that_the_plugin_finds(prepared: Path) -> None:
    listed = sorted(path.name for path in node.devices_directory(prepared, "nvidia").iterdir())
    assert listed == ["0", "1", "2", "3"]


def test_the_node_labels_itself() -> None:
    kubelet = node.services(Paths("unit", Path("/c")), Bins(), NODE)[1]
    assert "--node-labels=lab=real,lab.swift.k8s/devices=nvidia" in kubelet["argv"]
    assert kubelet["after_socket"] == "/run/containerd/containerd.sock"


def words(steps: list[dict[str, Any]]) -> list[str]:
    return [" ".join(step["run"]) for step in steps if "run" in step]


def test_the_node_root_never_mounts_the_machines_dev() -> None:
    steps = words(node.root_setup(Paths("unit", Path("/c")), NODE, [Path("/c/run/unit")], {"bin": "usr/bin"}))
    assert not [line for line in steps if "/dev" in line.split() or line.startswith("mount --rbind /dev")]
    made = [line.rsplit("/", 1)[1].split()[0] for line in steps if line.startswith("mknod")]
    assert {"null", "nvidia0", "nvidia3", "nvidiactl"} <= set(made)
    assert steps.index("umount -l /.old") < steps.index("mount --make-rshared /")


def test_a_directory_that_holds_the_lab_is_not_laid_under_itself() -> None:
    paths = Paths("unit", Path("/var/cache/swift"))
    steps = words(node.root_setup(paths, NODE, [paths.run], {}))
    overlays = [line.split()[-1].rsplit("/", 1)[1] for line in steps if "-t overlay" in line]
    assert "var" not in overlays
    assert "usr" in overlays


@pytest.mark.parametrize(
    ("cache", "visible", "mounted"),
    [
        ("/srv/cache/s", "/usr", []),
        ("/srv/cache/s", "/opt/python", []),
        ("/srv/cache/s", "/data/checkout", ["/data/checkout"]),
        ("/var/s", "/var/checkout", ["/var/checkout"]),
        ("/tmp/s", "/tmp/checkout", ["/tmp/checkout"]),
    ],
)
def test_what_the_overlays_show_is_not_mounted_again(cache: str, visible: str, mounted: list[str]) -> None:
    found = node.hidden(Paths("unit", Path(cache)), [Path(visible)])
    assert [str(path) for path in found] == mounted


def test_two_nodes_reach_each_other_and_nothing_leads_out() -> None:
    steps = words([*network.bridge_setup(), *network.node_setup(["lab-0", "lab-1"])])
    assert "ip -n lab-0 route add 10.244.1.0/24 via 10.99.0.11" in steps
    assert "ip -n lab-1 route add 10.244.0.0/24 via 10.99.0.10" in steps
    assert not [line for line in steps if line.startswith("ip route add default")]
    assert not [line for line in steps if "masquerade" in line]


def test_the_api_server_is_audited_to_one_log(paths: Paths) -> None:
    argv = controlplane.apiserver(paths, Bins())["argv"]
    assert f"--audit-log-path={paths.audit_log}" in argv
    policy = yaml.safe_load((files("lab") / "etc/audit.yaml").read_text())
    assert policy["rules"] == [{"level": "Request", "verbs": ["delete", "deletecollection"]}, {"level": "Metadata"}]


def test_kwok_plays_annotated_nodes_only(paths: Paths) -> None:
    argv = controlplane.kwok(paths, Bins())["argv"]
    assert "--manage-all-nodes=false" in argv
    assert "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake" in argv


def test_the_forwarder_gets_the_inherited_sockets(paths: Paths) -> None:
    service = controlplane.forwarder(paths, "python", {"api": 5, "hub": 7})
    assert service["argv"][-2:] == ["5=10.99.0.1:6443", "7=10.99.0.1:8099"]
    assert service["fds"] == [5, 7]


def documents(name: str) -> Iterator[dict[str, Any]]:
    filled = template.fill(f"addons/{name}", host="10.99.0.1", dns="10.96.0.10")
    yield from (item for item in yaml.safe_load_all(filled) if item)


def test_add_ons() -> None:
    names = ("coredns.yaml", "rbac.yaml", "storage.yaml")
    objects = {(item["kind"], item["metadata"]["name"]): item for name in names for item in documents(name)}
    assert "10.99.0.1 lab.host lab.registry hub.lab" in objects["ConfigMap", "coredns"]["data"]["Corefile"]
    assert objects["StorageClass", "shared"]["provisioner"] == "rancher.io/local-path"
    setup = objects["ConfigMap", "local-path-config"]["data"]["setup"]
    assert '"$VOL_DIR"' in setup
    for (kind, _), item in objects.items():
        if kind == "Deployment":
            assert item["spec"]["template"]["spec"]["nodeSelector"] == {"lab": "real"}


def test_a_template_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        template.fill("etc/hosts.toml")


def test_certificates_and_kubeconfig(tmp_path: Path) -> None:
    pki.create(tmp_path / "pki", ["lab-0"])
    made = {path.name for path in (tmp_path / "pki").glob("*.crt")}
    assert {"ca.crt", "user.crt", "apiserver.crt", "lab-0.crt"} <= made
    target = tmp_path / "deep/kubeconfig"
    kubeconfig.write(target, "no", "https://127.0.0.1:1", tmp_path / "pki", "user")
    content = yaml.safe_load(target.read_text())
    assert content["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:1"
    assert content["current-context"] == content["contexts"][0]["context"]["cluster"] == "no"
    assert set(content["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    assert target.stat().st_mode & 0o777 == 0o600


def test_people_are_lab_user() -> None:
    assert {item.file: item.subject for item in pki.identities([])}["user"] == "/O=system:masters/CN=lab-user"


def test_the_contract_file(paths: Paths) -> None:
    state = State({"api": 1, "registry": 2, "hub": 3}, ("lab-0",), {"kubectl": "/b/kubectl"}, ready=True)
    paths.run.mkdir(parents=True)
    state.save(paths)
    assert State.load(paths) == state
    found = contract(paths, state)
    assert found["registry"] == "127.0.0.1:2"
    assert found["hub"] == "http://127.0.0.1:3"
    assert found["nodes"] == ["lab-0"]


def test_simulated_nodes_are_annotated_and_tainted() -> None:
    for item in [*zoo.plain(4), *zoo.zoo()]:
        assert item["spec"]["taints"] == [simulated.TAINT]
        assert all(isinstance(value, str) for value in item["metadata"]["labels"].values())
    played = {item["metadata"]["labels"][simulated.ANIMAL]: item["metadata"]["annotations"] for item in zoo.zoo()}
    assert [name for name, own in played.items() if own.get("kwok.x-k8s.io/node") != "fake"] == ["not-ready"]


def test_a_big_zoo_has_every_kind_under_names_of_its_own() -> None:
    kinds, many = zoo.zoo(), zoo.zoo(1000)
    names = [item["metadata"]["name"] for item in many]
    assert len(set(names)) == len(names) == 1000
    assert [item["metadata"]["name"] for item in kinds] == names[: len(kinds)]


def test_every_keeper_keeps_animals_of_the_zoo() -> None:
    kinds = {item["metadata"]["name"] for item in zoo.animals().nodes()}
    kept = [animal for keeper in keepers.KEEPERS for animal in keeper.animals]
    assert set(kept) <= kinds
    assert [animal for animal in sorted(set(kept)) if kept.count(animal) > 1] == ["both-plugins"]


def test_feature_labels_are_strings() -> None:
    assert labels.NVIDIA["nvidia.com/gpu.memory"] == "81920"
    assert all(isinstance(value, str) for group in labels.FEATURES.values() for value in group.values())


def test_the_tag_that_upstream_lacks_is_lacking_here_too() -> None:
    assert "v26.1.0" not in ASCEND_TAGS["26.1.0"]
