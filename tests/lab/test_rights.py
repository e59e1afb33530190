"""A service account without rights: preflight prints the roles it lacks, and with them the whole deployment runs."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect

from tests.lab.target import CHECKOUT, lab_facts

pytestmark = pytest.mark.lab

MANAGER = "test-rights"
SERVED = f"served-{uuid.uuid4().hex[:6]}"
CLASS = "rights-shared"
#: A class of its own, a claim, a seeded model, and the stand-in engine that serves it, beside what its chart may bring.
DEPLOYMENT = {
    "swift_k8s_namespace": SERVED,
    "device_plugin_nvidia": {"owner": "none"},
    "device_plugin_ascend": {"owner": "none"},
    "storage_classes": [{"name": CLASS, "provisioner": "rancher.io/local-path", "volume_binding_mode": "Immediate"}],
    "storage_claims": [{"name": "models", "size": "1Gi", "access_modes": ["ReadWriteMany"], "storage_class": "shared"}],
    "model_cache_volume": "models",
    "model_cache_image": "lab.registry/python:3.11",
    "model_cache_models": [{"id": "swift-lab/Qwen2.5-tiny-random", "endpoint": "http://hub.lab:8099"}],
    "ms_swift_releases": [
        {
            "name": "tiny",
            "model": "swift-lab/Qwen2.5-tiny-random",
            "values": {
                "image": {"repository": "lab.registry/lab-engine", "tag": "4.6.0"},
                "accelerator": {"vendor": "cpu"},
                "podDisruptionBudget": {"enabled": True},
            },
        }
    ],
    "preflight_silence": [{"id": "access-mode-doubtful", "reason": "all nodes of the lab share the directory"}],
}


class Account:
    """A service account, and runs with its token."""

    def __init__(self, facts: dict[str, Any], folder: Path) -> None:
        self.facts, self.folder = facts, folder
        # A namespace takes ten seconds to go; the next test has its own.
        self.namespace = f"rights-{uuid.uuid4().hex[:6]}"
        self.admin: Cluster = connect({"kubeconfig": facts["kubeconfig"]})
        metadata = {"name": "deployer", "namespace": self.namespace}
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        self.kubeconfig = folder / "kubeconfig"
        config = yaml.safe_load(Path(facts["kubeconfig"]).read_text(encoding="utf-8"))
        config["users"] = [{"name": user["name"], "user": {"token": self._token()}} for user in config["users"]]
        self.kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")
        self.applied: list[dict[str, Any]] = []

    def apply(self, document: dict[str, Any]) -> None:
        self.admin.apply(document, field_manager=MANAGER, force=True)

    def _token(self) -> str:
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/deployer/token"
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 3600},
        }
        token = str(json.loads(self.admin.raw("POST", path, body=request))["status"]["token"])
        assert b"deployer" in base64.urlsafe_b64decode(token.split(".")[1] + "==")
        return token

    def grant(self, documents: list[dict[str, Any]]) -> None:
        for document in documents:
            self.apply(document)
        self.applied += documents

    def run(self, *tags: str, **variables: Any) -> tuple[int, str]:
        registry = f"http://{self.facts['registry']}"
        own = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "swift_k8s_kubeconfig": str(self.kubeconfig),
            "device_plugin_nvidia": {
                "chart": str(CHECKOUT / "roles/lab/charts/nvidia-device-plugin"),
                "nodes": [{"selector": "lab.swift.k8s/devices=nvidia"}],
            },
            "device_plugin_ascend": {"nodes": [{"selector": "lab.swift.k8s/devices=ascend", "chip": "910B3"}]},
            "device_plugin_wait_timeout": 90,
            "preflight_report_directory": str(self.folder),
            "preflight_registries": {"nvcr.io": registry, "swr.cn-south-1.myhuaweicloud.com": registry},
            **variables,
        }
        inventory = self.folder / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"lab": None}, "vars": own}}), encoding="utf-8")
        words = ["ansible-playbook", "swift.k8s.deploy", "-i", str(inventory), "-t", ",".join(tags)]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        done = subprocess.run(words, cwd=CHECKOUT, env=environment, text=True, capture_output=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def deploy(self, *tags: str) -> tuple[int, str]:
        """A run of all that lies behind the device stage."""
        registry = f"http://{self.facts['registry']}"
        return self.run(*tags, preflight_registries={"lab.registry": registry}, **DEPLOYMENT)

    def roles(self) -> list[dict[str, Any]]:
        return list(yaml.safe_load_all((self.folder / "lab.rbac.yml").read_text(encoding="utf-8")))


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    found = Account(lab_facts(), tmp_path)
    yield found
    found.run("device_plugin", device_plugin_state="absent", swift_k8s_kubeconfig=found.facts["kubeconfig"])
    for document in found.applied:
        where = document["metadata"]
        found.admin.delete(document["apiVersion"], document["kind"], where["name"], where.get("namespace"))
    for namespace in (found.namespace, SERVED, "nvidia-device-plugin", "npu-exporter"):
        found.admin.delete("v1", "Namespace", namespace)
    for volume in found.admin.list("v1", "PersistentVolume"):
        if (volume["spec"].get("claimRef") or {}).get("namespace") == SERVED:
            found.admin.delete("v1", "PersistentVolume", volume["metadata"]["name"])
    found.admin.delete("storage.k8s.io/v1", "StorageClass", CLASS)


def test_from_no_rights_to_the_device_stage(account: Account) -> None:
    code, text = account.run("preflight")
    assert code != 0
    assert re.search(r"deployer may not list nodes", text), text
    assert "kind: ClusterRole" in text
    account.grant(account.roles())

    code, text = account.run("preflight")
    assert (code, "permission-missing" in text) == (0, False), text
    code, text = account.run("preflight", "device_plugin")
    assert code == 0, text
    node = account.admin.get("v1", "Node", "lab-0")
    assert node is not None
    assert int(node["status"]["allocatable"]["nvidia.com/gpu"]) > 0

    # They are enough, and no more: another wish needs another right.
    release = {"name": "q", "values": {"ingress": {"enabled": True}, "image": {"repository": "r", "tag": "1"}}}
    code, text = account.run("preflight", ms_swift_releases=[release], preflight_check_images=False)
    assert code != 0
    assert "ingresses.networking.k8s.io (create" in " ".join(text.split())
    rules = [rule for document in account.roles() for rule in document.get("rules", [])]
    assert any("ingresses" in rule["resources"] for rule in rules)


def test_from_no_rights_to_a_served_model(account: Account) -> None:
    code, text = account.deploy("preflight")
    assert (code != 0, "deployer may not list nodes" in text) == (True, True), text
    account.grant(account.roles())
    code, text = account.deploy("preflight")
    assert (code, "permission-missing" in text) == (0, False), text
    code, text = account.deploy("storage", "model_cache", "ms_swift")
    assert code == 0, text
    assert account.admin.get("storage.k8s.io/v1", "StorageClass", CLASS)
    assert "failed=0" in text
