"""What the role preflight makes of an inventory's variables, templated by Ansible itself."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._constraints.wishes import normalise

CHECKOUT = Path(__file__).resolve().parents[2]
ROLES = CHECKOUT / "collections/ansible_collections/swift/k8s/roles"
PLAY = f"""
- hosts: cases
  gather_facts: false
  vars_files: [{ROLES}/preflight/defaults/main.yml, {ROLES}/preflight/vars/main.yml]
  vars: {{role_path: {ROLES}/preflight}}
  tasks:
    - ansible.builtin.set_fact:
        wishes: "{{{{ __preflight_wishes }}}}"
        rules: "{{{{ __preflight_extra_rules }}}}"
      vars: {{preflight_extra_rules: "{{{{ own_rules | default([]) }}}}"}}
    - ansible.builtin.copy:
        content: "{{{{ dict(ansible_play_hosts | zip(found)) | to_json }}}}"
        dest: "{{{{ told }}}}/{{{{ item }}}}.json"
        mode: "0600"
      run_once: true
      vars: {{found: "{{{{ ansible_play_hosts | map('extract', hostvars, item) }}}}"}}
      loop: [wishes, rules]
    - ansible.builtin.copy:
        content: "{{{{ __preflight_findings | swift.k8s.preflight_table }}}}"
        dest: "{{{{ told }}}}/table"
        mode: "0600"
      run_once: true
"""
SEED = "modelscope-repo/modelscope:x"
#: cluster -> its variables beside those of inventories/prod, and some of the wishes made of them
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {"registry": "", "smoke_image": "", "seed_image": "", "release_defaults": {}, "images": []}),
    "images": (
        {"device_plugin_smoke": True, "model_cache_image": f"{SEED}\n"},
        {"smoke_image": "busybox:1.37", "seed_image": SEED},
    ),
    "smoke as -e gives it": ({"device_plugin_smoke": "false"}, {"smoke_image": "", "pod_namespaces": []}),
    "mirror": (
        {"swift_k8s_registry": "mirror.site/k8s", "device_plugin_smoke": True},
        {"registry": "mirror.site/k8s", "smoke_image": "mirror.site/k8s/library/busybox:1.37"},
    ),
    "smoke": (
        {"device_plugin_smoke": True, "device_plugin_smoke_image": "r.io/b:1"},
        {"smoke_image": "r.io/b:1"},
    ),
    "no underscore": ({"modelcache_models": [], "msswift_releases": []}, {}),
    "rules": ({"own_rules": ["started.yml", "beside.yml"]}, {}),
    "rates": (
        {"model_cache_rate_limit": "3MBs", "model_cache_rate_schedule": [{"days": "mon", "limit": "1MiB/s"}]},
        {
            "rates": {"model_cache_rate_limit": "3MBs", "model_cache_lan_rate_limit": ""},
            "rate_schedule": [{"days": "mon", "limit": "1MiB/s"}],
        },
    ),
    "releases": (
        {"ms_swift_registry": "own.site", "ms_swift_defaults": {"image": {"tag": "t"}, "replicaCount": 2}},
        {"release_defaults": {"image": {"registry": "own.site", "tag": "t"}, "replicaCount": 2}},
    ),
    "secrets": (
        {"ms_swift_releases": [{"name": "qwen", "secret_values": {"env": {"HF_TOKEN": "canary"}}}]},
        {"releases": [{"name": "qwen"}]},
    ),
}
#: what the module leaves of a cluster; nothing is there of those that failed before
RESULTS: dict[str, Any] = {"plain": {"findings": []}, "images": {"failed": True, "msg": "cannot be reached"}}


#: one worker, so that one run of Ansible does for all
pytestmark = pytest.mark.xdist_group("wishes")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files with what Ansible made of all cases: wishes, rules, and the table of findings."""
    scratch = tmp_path_factory.mktemp("wishes")
    hosts = {name: dict(variables) for name, (variables, _expected) in CASES.items()}
    for name, result in RESULTS.items():
        hosts[name]["__preflight_result"] = result
    (scratch / "hosts.json").write_text(json.dumps({"cases": {"hosts": hosts}}), encoding="utf-8")
    (scratch / "plays").mkdir()
    (scratch / "plays/play.yml").write_text(PLAY, encoding="utf-8")
    (scratch / "started.yml").write_text("[{id: where-the-run-was-started}]", encoding="utf-8")
    (scratch / "plays/beside.yml").write_text("id: beside-the-play", encoding="utf-8")
    command = ["ansible-playbook", "plays/play.yml", "-i", CHECKOUT / "inventories/prod", "-i", "hosts.json"]
    done = subprocess.run(
        [*command, "-e", f"told={scratch}"],
        cwd=scratch,
        env={**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return scratch


@pytest.mark.parametrize("case", CASES)
def test_wishes(told: Path, case: str) -> None:
    found, expected = json.loads((told / "wishes.json").read_text(encoding="utf-8"))[case], CASES[case][1]
    assert {key: found[key] for key in expected} == expected
    wishes = normalise(found)
    assert [release["name"] for release in wishes["releases"]] == ["qwen"]
    assert wishes["strange_keys"] == []


def test_a_name_that_lacks_an_underscore_of_its_role_is_looked_at(told: Path) -> None:
    found = json.loads((told / "wishes.json").read_text(encoding="utf-8"))["no underscore"]
    strange = set(found["variables"]) - set(found["known_variables"])
    assert strange == {"modelcache_models", "msswift_releases"}


def test_rules_of_ones_own_are_found_where_the_run_was_started(told: Path) -> None:
    found = json.loads((told / "rules.json").read_text(encoding="utf-8"))
    assert [rule["id"] for rule in found["rules"]] == ["where-the-run-was-started", "beside-the-play"]
    assert found["plain"] == []


def test_a_cluster_that_cannot_be_reached_leaves_the_table_to_the_others(told: Path) -> None:
    silent = sorted(set(CASES) - {"plain"})
    lines = [line for line in (told / "table").read_text(encoding="utf-8").splitlines() if line]
    assert lines[1:] == [f"{name}: could not be looked at; see its error above" for name in silent]
