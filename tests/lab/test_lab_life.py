"""The lab's own life: up, no-op, two side by side, faults, down; each time nothing may be left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import control
from lab.paths import cache_root

from tests.lab.machine import Lab, left_by, said_by, snapshot

pytestmark = [pytest.mark.lab, pytest.mark.slow]


def ended(lab: Lab) -> None:
    """Remove a lab whatever state a failed test left it in."""
    code, output = lab.run("down")
    assert code == 0, output
    assert left_by(lab) == []


@pytest.fixture
def one() -> Iterator[Lab]:
    lab = Lab("life-one")
    yield lab
    ended(lab)


@pytest.fixture(scope="module")
def shared() -> Iterator[Lab]:
    lab = Lab("life-shared")
    code, output = lab.run("up")
    assert code == 0, output
    yield lab
    ended(lab)


def test_down_leaves_the_machine_as_it_was() -> None:
    lab, before = Lab("life-trace"), snapshot()
    code, output = lab.run("up")
    assert code == 0, output
    after_up = snapshot()
    assert {name: after_up[name] - before[name] for name in ("links", "rules", "routes", "mounts", "namespaces")} == {
        "links": set(),
        "rules": set(),
        "routes": set(),
        "mounts": set(),
        "namespaces": set(),
    }
    ended(lab)
    after = snapshot()
    assert {name: after[name] ^ before[name] for name in before} == {name: set() for name in before}


def test_up_on_a_running_lab_says_so_quickly(shared: Lab) -> None:
    started = time.monotonic()
    code, output = shared.run("up")
    assert code == 0
    assert "is already up" in output
    assert time.monotonic() - started < 2


def test_two_labs_live_side_by_side(shared: Lab, one: Lab) -> None:
    code, output = one.run("up")
    assert code == 0, output
    uids = {lab.kubectl("get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}") for lab in (shared, one)}
    assert len(uids) == 2
    for lab in (shared, one):
        nodes = lab.kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.addresses[0].address}")
        assert nodes == "10.99.0.10 10.99.0.11"
    ended(one)
    assert shared.run("status")[0] == 0


def test_the_contract_files_work(shared: Lab) -> None:
    facts = json.loads((shared.paths.build / "lab.json").read_text())
    with urllib.request.urlopen(f"http://{facts['registry']}/v2/_catalog?n=1000") as answer:
        assert {"bb", "python", "nvidia/k8s-device-plugin"} <= set(json.load(answer)["repositories"])
    with urllib.request.urlopen(f"{facts['hub']}/_stats") as answer:
        assert answer.status == 200
    assert shared.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}") == "lab-user"


def test_pods_share_a_volume_and_have_no_way_out(shared: Lab) -> None:
    shared.kubectl("create", "-f", str(Path(__file__).parent / "shared_volume.yaml"))
    shared.kubectl("wait", "--for=condition=Ready", "pod", "-l", "app=volume", "--timeout=60s")
    script = "until [ -e /d/lab-0 ] && [ -e /d/lab-1 ]; do sleep 0.2; done; cat /d/lab-0 /d/lab-1"
    assert shared.kubectl("exec", "volume-0", "--", "sh", "-c", script).split() == ["zero", "one"]
    outside = (
        "import socket,sys\ntry: socket.create_connection(('192.0.2.1', 80), 5)\nexcept OSError as e: print(e.errno)"
    )
    started = time.monotonic()
    assert shared.kubectl("exec", "volume-1", "--", "python3", "-c", outside).strip() == "101"
    assert time.monotonic() - started < 3
    shared.kubectl("delete", "-f", str(Path(__file__).parent / "shared_volume.yaml"), "--wait=false")


def test_a_directory_made_by_a_pod_is_made_in_the_node(shared: Lab) -> None:
    code, _ = shared.run("exec", "lab-0", "mkdir", "/usr/local/made-by-a-test", "/var/lib/made-by-a-test")
    assert code == 0
    assert not Path("/usr/local/made-by-a-test").exists()
    assert not Path("/var/lib/made-by-a-test").exists()


def test_the_judge_counts_what_people_write(shared: Lab) -> None:
    mark = shared.run("judge", "mark")[1].strip()
    shared.kubectl("create", "configmap", "judged")
    shared.kubectl("delete", "configmap", "judged", "--dry-run=server")
    shared.kubectl("delete", "configmap", "judged")
    found = json.loads(shared.run("judge", "since", mark, "--json")[1])
    assert [(item["verb"], item["object"]) for item in found["written"]] == [
        ("create", "configmaps default judged"),
        ("delete", "configmaps default judged"),
    ]
    assert found["dry_runs"] == 1


def test_simulated_nodes_come_and_go(shared: Lab) -> None:
    assert shared.run("nodes", "--count", "50")[0] == 0
    assert len(shared.kubectl("get", "nodes", "-o", "name").split()) == 2 + 50
    assert shared.run("nodes", "--count", "0")[0] == 0
    assert shared.kubectl("get", "nodes", "-o", "name").split() == ["node/lab-0", "node/lab-1"]


def test_a_taken_port_is_said_and_nothing_is_made(one: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, output = one.run("up", LAB_API_PORT=port)
    assert code == 1
    assert f"port {port} on 127.0.0.1" in output
    assert "LAB_API_PORT" in output
    assert left_by(one) == []


@pytest.mark.parametrize("moment", ["prepared:", "kube-apiserver is ready"])
def test_ctrl_c_cleans_up(one: Lab, moment: str) -> None:
    process = one.start("up")
    said_by(process, moment)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert left_by(one) == []


def test_what_a_killed_up_left_is_removed_by_the_next(one: Lab) -> None:
    process = one.start("up")
    said_by(process, "kube-apiserver is ready")
    process.kill()
    process.communicate()
    assert left_by(one)
    code, output = one.run("up")
    assert code == 0, output
    assert "its remains are removed first" in output


def test_a_lab_killed_from_inside_is_named_and_removed(one: Lab) -> None:
    code, output = one.run("up")
    assert code == 0, output
    os.kill(control.peer(one.paths.control), signal.SIGKILL)
    time.sleep(0.5)
    code, output = one.run("status")
    assert code == 3
    assert "it left remains" in output


def test_a_second_up_waits_for_nobody(one: Lab) -> None:
    process = one.start("up")
    said_by(process, "prepared:")
    code, output = one.run("up")
    assert code == 1
    assert f"process {process.pid} is already starting or removing lab" in output
    process.communicate(timeout=120)


def test_a_damaged_cache_is_noticed_and_mended() -> None:
    cache = cache_root() / f"test-{os.getpid()}"
    cache.mkdir()
    try:
        subprocess.run(["cp", "-al", cache_root() / "bin", cache_root() / "images", cache], check=True)
        lab = Lab("life-cache", {"SWIFT_K8S_CACHE": str(cache)})
        pause = next((cache / "bin").glob("pause-*/pause"))
        pause.unlink()
        pause.write_bytes(b"damaged")
        code, output = lab.run("build")
        assert code == 0, output
        assert "pause in the cache cannot be used (pause has 7 bytes instead of" in output
        assert pause.stat().st_size > 1000
        assert output.count("building") == 1
    finally:
        subprocess.run(["rm", "-rf", str(cache)], check=True)
