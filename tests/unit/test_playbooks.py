"""Every playbook says which clusters it is for before it says that all is well."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
PLAYBOOKS = CHECKOUT / "collections/ansible_collections/swift/k8s/playbooks"
#: What the others begin with: are there clusters, and is it the one that is meant.
FIRST = ("inventory", "cluster")
WRITING = ("deploy", "seed", "rollback", "teardown")
NAMES = sorted(path.stem for path in PLAYBOOKS.glob("*.yml") if path.stem not in FIRST)


HOSTS = """\
all:
  hosts:
    one: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""


def play(playbook: str, inventory: Path, *more: str, cwd: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
    """Run one of the user's playbooks as README does."""
    return subprocess.run(
        ["ansible-playbook", str(CHECKOUT / "playbooks" / f"{playbook}.yml"), "-i", str(inventory), *more],
        cwd=cwd,
        env={**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "COLUMNS": "400"},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_playbook_is_there_for_the_user_and_looks_for_clusters_first(name: str) -> None:
    first = yaml.safe_load((PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8"))[0]
    assert first["ansible.builtin.import_playbook"] == "inventory.yml"
    users = yaml.safe_load((CHECKOUT / f"playbooks/{name}.yml").read_text(encoding="utf-8"))
    assert [play["ansible.builtin.import_playbook"] for play in users] == [f"swift.k8s.{name}"]


@pytest.mark.parametrize("name", [*WRITING, "verify"])
def test_whatever_acts_judges_variables_and_knows_its_cluster_first_whatever_the_tags(name: str) -> None:
    plays = yaml.safe_load((PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8"))
    assert plays[1]["ansible.builtin.import_playbook"] == "cluster.yml"
    tasks = yaml.safe_load((PLAYBOOKS / "cluster.yml").read_text(encoding="utf-8"))[0]["tasks"]
    assert [task["tags"] for task in tasks] == [["always"], ["always"]]
    assert tasks[0]["ansible.builtin.import_role"] == {"name": "swift.k8s.preflight", "tasks_from": "variables"}
    assert tasks[1]["swift.k8s.release"]["cluster_uid"] == "{{ swift_k8s_cluster_uid }}"


def test_misspelt_variables_are_refused(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS, encoding="utf-8")
    done = play("deploy", tmp_path, "-e", "model_cache_rate_limt=3MiB/s", "--tags", "ms_swift")
    assert done.returncode != 0
    told = "model_cache_rate_limt is no variable, did you mean model_cache_rate_limit?"
    assert told in " ".join(done.stdout.split() + done.stderr.split())


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        (
            "deploy",
            {
                "ms_swift_wait_timeout": "abc",
                "device_plugin_nvidia": {"owner": ["hami"]},
                "ms_swift_drift": "mend",
                "model_cache_keep": "none",
                "storage_claims": "[]",
            },
            [
                "argument 'ms_swift_wait_timeout' is of type",
                "value of ms_swift_drift",
                "value of model_cache_keep must be one of: all, listed, got: none",
                "Elements value for option 'storage_claims' is of type",
                "Correct it in the inventory or behind -e.",
            ],
        ),
        (
            "preflight",
            {"storage_claims": None, "ms_swift_defaults": None, "model_cache_models": None},
            [
                "model_cache_models is null: write [] or {} for none, or remove the variable;",
                "ms_swift_defaults is null:",
                "storage_claims is null:",
            ],
        ),
        (
            "plan",
            {"plan_models": "Qwen/Qwen3-8B"},
            ["Elements value for option 'plan_models' is of type"],
        ),
    ],
)
def test_values_of_a_wrong_type_are_refused_before_a_cluster_is_asked(
    name: str, given: dict[str, Any], told: list[str], tmp_path: Path
) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS, encoding="utf-8")
    absent = ["-e", "swift_k8s_kubeconfig=/none/kubeconfig"]
    done = play(name, tmp_path, "-e", json.dumps(given), *absent, "--tags", "ms_swift")
    assert done.returncode != 0
    said = " ".join(done.stdout.split() + done.stderr.split())
    assert [each for each in told if each not in said] == []
    assert "argument_spec" not in said


def test_a_plan_of_misspelt_models_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS, encoding="utf-8")
    done = play("plan", tmp_path, "-e", '{"plan_modles": [{"id": "Qwen/Qwen3-8B"}]}')
    assert "plan_modles is no variable, did you mean plan_models?" in " ".join(done.stdout.split())


RELEASES = """
- {name: a, model: a/b}
- {name: b, model: {id: c/d, revision: v1}}
- {name: c, values: {model: {id: e/f}}}
- {name: d, values: {env: {MODEL_NAME: qwen-plus}}}
- {name: e, model: g/h, state: absent}
"""


def test_a_plan_knows_the_models_of_releases_however_they_are_written(tmp_path: Path) -> None:
    """The play's own variables, in a play without a cluster."""
    planned = yaml.safe_load((PLAYBOOKS / "plan.yml").read_text(encoding="utf-8"))[-1]["vars"]
    told = {"ansible.builtin.debug": {"msg": "{{ plan_ids | join(' ') }}"}}
    names = {**planned, "ms_swift_releases": yaml.safe_load(RELEASES)}
    only = [{"hosts": "all", "gather_facts": False, "vars": names, "tasks": [told]}]
    (tmp_path / "only.yml").write_text(yaml.safe_dump(only), encoding="utf-8")
    (tmp_path / "hosts.yml").write_text(HOSTS, encoding="utf-8")
    done = play(str(tmp_path / "only"), tmp_path)
    assert "a/b c/d e/f" in done.stdout, done.stdout


def test_a_revision_that_a_survey_leaves_empty_is_none(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS, encoding="utf-8")
    wishes = ["-e", '{"ms_swift_releases": [{"name": "qwen"}]}', "-e", "swift_k8s_kubeconfig=/none/kubeconfig"]
    done = play("rollback", tmp_path, *wishes, "-e", "release=qwen", "-e", "revision=")
    assert "kubeconfig /none/kubeconfig does not exist" in " ".join(done.stdout.split())


def test_an_inventory_without_clusters_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("all: {hosts: {}}\n", encoding="utf-8")
    done = play("deploy", tmp_path)
    assert done.returncode != 0
    assert f"no cluster in the inventory {tmp_path}: name one below all.hosts" in " ".join(done.stdout.split())


def test_an_inventory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    done = play("deploy", tmp_path / "absent")
    assert done.returncode != 0
    assert "No inventory was parsed" in done.stdout + done.stderr


def test_a_report_lies_where_the_run_was_started(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS, encoding="utf-8")
    absent = ["-e", "swift_k8s_kubeconfig=/none/kubeconfig"]
    done = play("audit", tmp_path / "hosts.yml", *absent, "-e", "audit_json=audit.json", cwd=tmp_path)
    assert "unreadable" in done.stdout
    assert "/none/kubeconfig" in (tmp_path / "audit.json").read_text(encoding="utf-8")


def test_an_audit_names_a_misspelt_variable_as_the_reason_why_nothing_was_read(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS, encoding="utf-8")
    done = play("audit", tmp_path / "hosts.yml", "-e", "swift_k8s_contxt=prod")
    assert done.returncode != 0
    assert "swift_k8s_contxt is no variable, did you mean swift_k8s_context?" in " ".join(done.stdout.split())
