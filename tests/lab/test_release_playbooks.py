# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The playbooks as users call them: the cluster that is meant, the word that is asked for, the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.target import kubeconfig

pytestmark = pytest.mark.lab
CHECKOUT = Path(__file__).resolve().parents[2]


def play(name: str, *words: str) -> tuple[int, str]:
    """Exit code and output of a playbook on the lab's inventory."""
    command = [str(Path(sys.executable).parent / "ansible-playbook"), f"playbooks/{name}.yml", "-i", "inventories/lab"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "LAB_KUBECONFIG": kubeconfig()}
    environment |= {"COLUMNS": "400", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [*command, *words], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("deploy", "--tags", "storage"),
        ("seed",),
        ("verify",),
        ("rollback", "-e", "release=tiny"),
        ("teardown", "-e", "confirm=lab", "--tags", "device_plugin"),
    ],
)
def test_another_cluster_is_refused_whatever_the_tags(words: tuple[str, ...]) -> None:
    code, text = play(*words, "-e", "swift_k8s_cluster_uid=0b9ad3a4")
    assert code == 2
    assert "not 0b9ad3a4; the kubeconfig or context belongs to another cluster than the inventory says" in text
    assert "changed=0" in text


def test_teardown_asks_for_the_name() -> None:
    code, text = play("teardown", "-e", "confirm=prod")
    assert code == 2
    assert "run it with --limit lab -e confirm=lab" in text


def test_rollback_of_a_release_that_nobody_wished() -> None:
    code, text = play("rollback", "-e", "release=tinny")
    assert code == 2
    assert "release tinny is not in ms_swift_releases of lab: name one of tiny with -e release=NAME" in text


def test_misspelt_keys_are_refused_with_the_nearest(tmp_path: Path) -> None:
    wishes = {"ms_swift_releases": [{"name": "tiny", "modle": "a/b"}]}
    code, text = play("deploy", "--tags", "ms_swift", "--check", "-e", json.dumps(wishes))
    assert code == 2
    assert "entry tiny: unknown key 'modle'; did you mean 'model'?" in text


def test_audit_of_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    report = tmp_path / "audit.json"
    code, text = play("audit", "-e", "swift_k8s_kubeconfig=/none/kubeconfig", "-e", f"audit_json={report}")
    assert code == 2
    assert "unreadable" in text
    assert "/none/kubeconfig" in json.loads(report.read_text(encoding="utf-8"))["lab"]["error"]
    assert play("audit", "-e", "swift_k8s_kubeconfig=/none/kubeconfig", "-e", "audit_fail=false")[0] == 0
