"""inventories/airgap on the lab, which has no way out: the addresses of its mirrors are the only things that change.

Registry and hub are the lab's, the image is the engine's stand-in under the published name, devices are simulated.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from lab.console import Console
from lab.engine.publish import publish
from lab.paths import Paths

from tests.lab.releases import HELMS, named
from tests.lab.target import CHECKOUT, lab_facts

pytestmark = pytest.mark.lab

INVENTORY = CHECKOUT / "inventories/airgap"
BIN = Path(sys.executable).parent


class Site:
    """The lab as a site behind an air gap."""

    def __init__(self, facts: dict[str, Any], charts: Path) -> None:
        self.facts, self.namespace = facts, named("airgap")
        written = yaml.safe_load((INVENTORY / "group_vars/all.yml").read_text(encoding="utf-8"))
        self.image, (model,) = written["airgap_image"], written["model_cache_models"]
        alias = f"{self.image['repository']}:{self.image['tag']}"
        publish(Paths.here(), Console(quiet=True), alias, [model["id"]])
        package = [BIN / HELMS[0], "package", CHECKOUT / "roles/lab/charts/nvidia-device-plugin", "-d", charts]
        subprocess.run(package, check=True, capture_output=True)
        self.addresses = {
            "swift_k8s_kubeconfig": facts["kubeconfig"],
            "swift_k8s_context": "",
            "swift_k8s_namespace": self.namespace,
            "swift_k8s_registry": "lab.registry",
            "preflight_registries": {"lab.registry": f"http://{facts['registry']}"},
            "airgap_models": "http://hub.lab:8099/mirror",
            "airgap_charts": str(charts),
            "storage_claims": [{**written["storage_claims"][0], "storage_class": "shared"}],
            "preflight_silence": [{"id": "access-mode-class", "reason": "the lab's nodes share the directory"}],
        }

    def run(self, playbook: str, *words: str, **variables: Any) -> tuple[int, str]:
        command = [BIN / "ansible-playbook", f"playbooks/{playbook}.yml", "-i", INVENTORY]
        given = json.dumps({**self.addresses, **variables})
        environment = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        environment |= {"COLUMNS": "2000", "PATH": f"{BIN}:{os.environ['PATH']}"}
        done = subprocess.run(
            [*command, *words, "-e", given], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(lab_facts(), tmp_path_factory.mktemp("charts"))
    yield made
    code, text = made.run("teardown", confirm="airgap", keep_volumes=False)
    assert code == 0, text


def test_without_a_registry_of_its_own_it_lists_what_a_mirror_must_hold(site: Site) -> None:
    code, text = site.run("preflight", swift_k8s_registry="")
    assert code == 2
    listed = text.rpartition("swift_k8s_offline is true, but the run would fetch from ")[2].partition(". Set ")[0]
    engine = f"modelscope-registry.cn-hangzhou.cr.aliyuncs.com/{site.image['repository']}:{site.image['tag']}"
    assert {engine, "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"} <= set(listed.split(", "))


def test_it_deploys_from_the_mirrors_alone(site: Site) -> None:
    code, text = site.run("deploy")
    assert code == 0, text
    pods = connect({"kubeconfig": site.facts["kubeconfig"]}).list("v1", "Pod", site.namespace)
    images = {
        part["image"] for pod in pods for part in pod["spec"]["containers"] + pod["spec"].get("initContainers", [])
    }
    assert {image.partition("/")[0] for image in images} == {"lab.registry"}
    code, text = site.run("deploy")
    assert code == 0, text
    assert re.findall(r" airgap : ok=\d+ changed=(\d+)", text) == ["0"]
