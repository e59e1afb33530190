"""Every inventory of the checkout can be used as it is: it parses, runs here, and names variables that exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
ROLES = CHECKOUT / "collections/ansible_collections/swift/k8s/roles"
NAMES = sorted(path.name for path in (CHECKOUT / "inventories").iterdir())
OURS = re.compile(r"(swift_k8s|device_plugin|model_cache|ms_swift|preflight|storage)_")
SHARED = {f"swift_k8s_{name}" for name in ("cluster_uid", "context", "kubeconfig", "namespace", "offline", "registry")}


@cache
def variables(name: str) -> dict[str, Any]:
    """What its only host is given."""
    done = subprocess.run(
        ["ansible-inventory", "-i", f"inventories/{name}", "--list"],
        cwd=CHECKOUT,
        env={**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")},
        check=True,
        capture_output=True,
        text=True,
    )
    hosts: dict[str, dict[str, Any]] = json.loads(done.stdout)["_meta"]["hostvars"]
    assert list(hosts) == [name]
    return hosts[name]


def known() -> set[str]:
    """The variables of all roles."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in ROLES.glob("*/meta/argument_specs.yml")]
    return SHARED | {option for file in files for option in file["argument_specs"]["main"]["options"]}


@pytest.mark.parametrize("name", NAMES)
def test_a_host_is_a_cluster_that_is_asked_from_here(name: str) -> None:
    given = variables(name)
    assert given["ansible_connection"] == "local"
    assert given["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    assert {"swift_k8s_kubeconfig", "swift_k8s_namespace", "ms_swift_releases", "model_cache_volume"} <= set(given)


@pytest.mark.parametrize("name", NAMES)
def test_its_variables_exist(name: str) -> None:
    assert [variable for variable in variables(name) if OURS.match(variable) and variable not in known()] == []


def test_behind_an_air_gap_the_published_image_is_the_charts() -> None:
    published = yaml.safe_load((CHECKOUT / "charts/ms-swift/files/images.yaml").read_text(encoding="utf-8"))["nvidia"]
    image = variables("airgap")["airgap_image"]
    assert (image["repository"], image["tag"]) == (published["repository"], published["tag"])
    assert f"or '{published['registry']}'" in image["registry"]
