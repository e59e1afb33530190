"""What touches the machine: control groups, ports, preconditions, mounts, the lock."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest
from lab import cgroup, cli, down, lock, ports, preconditions
from lab.errors import LabError
from lab.paths import CHECKOUT, Paths

V1 = """24 23 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
25 23 0:30 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
"""
V2 = "30 23 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n"
HYBRID = V1 + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"


@pytest.mark.parametrize(
    ("mountinfo", "roots", "unified"),
    [
        (V1, ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/pids"], False),
        (V2, ["/sys/fs/cgroup"], True),
        (HYBRID, ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified"], False),
    ],
)
def test_hierarchies(mountinfo: str, roots: list[str], unified: bool) -> None:
    assert cgroup.parse(mountinfo) == cgroup.Hierarchies(tuple(map(Path, roots)), unified)


def test_labs_have_groups_of_their_own(tmp_path: Path) -> None:
    tree = cgroup.Hierarchies((tmp_path / "cpu", tmp_path / "pids"), unified=False)
    for root in tree.roots:
        root.mkdir()
    cgroup.make(tree, "a", ["lab-0"])
    cgroup.make(tree, "b", ["lab-0"])
    assert sorted(path.name for path in tree.roots[0].iterdir()) == ["swift-k8s-a", "swift-k8s-b"]
    (tree.roots[0] / "swift-k8s-a/lab-0/cgroup.procs").write_text("12\n13\n")
    assert cgroup.processes(tree, "a") == {12, 13}
    assert cgroup.processes(tree, "b") == set()
    assert cgroup.remove(tree, "b") == []
    assert sorted(path.name for path in tree.roots[0].iterdir()) == ["swift-k8s-a"]


def test_a_cpuset_is_filled_from_above(tmp_path: Path) -> None:
    for file in ("cpuset.cpus", "cpuset.mems"):
        (tmp_path / file).write_text("0-1\n")
    cgroup.make(cgroup.Hierarchies((tmp_path,), unified=False), "a", ["lab-0"])
    assert (tmp_path / "swift-k8s-a/lab-0/cpuset.cpus").read_text() == "0-1\n"


def test_free_ports_are_chosen() -> None:
    sockets = ports.listen({})
    numbers = {listener.getsockname() for listener in sockets.values()}
    for listener in sockets.values():
        listener.close()
    assert len(numbers) == 3
    assert {host for host, _ in numbers} == {"127.0.0.1"}


def test_a_taken_port_is_named_and_the_others_let_go() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        number, other = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        with pytest.raises(LabError, match=rf"port {number} on 127.0.0.1.*hub, is taken.*change LAB_HUB_PORT"):
            ports.listen({"LAB_HUB_PORT": str(number), "LAB_API_PORT": str(other)})
        socket.create_server(("127.0.0.1", other)).close()


@pytest.mark.parametrize("text", ["x", "-1", "70000"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(LabError, match=r"LAB_API_PORT.*is not a port"):
        ports.chosen({"LAB_API_PORT": text})


@pytest.mark.parametrize("text", ["", "0", "4711"])
def test_a_running_lab_has_the_port_that_is_asked_for(text: str) -> None:
    ports.require({"LAB_API_PORT": text}, {"api": 4711, "registry": 1, "hub": 2}, "down, then up")


def test_a_running_lab_does_not_change_its_ports() -> None:
    with pytest.raises(LabError, match=r"api has port 4711, and LAB_API_PORT=4712 asks for 4712\. Next: down, then up"):
        ports.require({"LAB_API_PORT": "4712"}, {"api": 4711, "registry": 1, "hub": 2}, "down, then up")


def test_everything_missing_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(preconditions, "BUILD_GIB", 10**9)
    monkeypatch.setattr(preconditions, "MEMORY_GIB", 10**9)
    with pytest.raises(LabError) as caught:
        preconditions.demand(Paths("unit", tmp_path / "not/yet"), ["kubernetes"], None)  # type: ignore[arg-type]
    text = str(caught.value)
    for part in ("you are not root", "GiB free", "GiB of memory", "apt-get is missing", "go is missing and kubernetes"):
        assert part in text


@pytest.mark.parametrize("command", ["check", "build"])
def test_a_command_says_what_is_missing_before_it_builds(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWIFT_K8S_CACHE", str(tmp_path))
    monkeypatch.setenv("LAB_NAME", "absent")
    monkeypatch.setattr(preconditions, "BUILD_GIB", 10**9)
    monkeypatch.setattr(cli, "build", pytest.fail)
    assert cli.main([command]) == 1
    assert "GiB free" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["demo", "test", "lab-up"])
def test_what_the_lab_needs_is_looked_for_before_anything_is_installed(target: str) -> None:
    words = ["make", "-n", target, "LAB_KUBECONFIG="]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].endswith("scripts/bootstrap --lab")


def test_go_is_needed_to_build_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "go" else name)
    assert preconditions.tools([]) == []
    assert len(preconditions.tools(["etcd"])) == 1


def test_inotify_instances_are_tried_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(os.listdir("/proc/self/fd"))
    assert preconditions.watches() == []
    monkeypatch.setattr(preconditions, "INOTIFY_INSTANCES", 10**6)
    (problem,) = preconditions.watches()
    assert "inotify instances are free" in problem
    assert "sysctl -w" in problem
    assert len(os.listdir("/proc/self/fd")) == before


def test_available_memory() -> None:
    assert preconditions.available_gib("MemTotal: 9\nMemAvailable:    2097152 kB\n") == 2.0
    assert preconditions.available_gib("") == 0.0


def test_nothing_is_deleted_through_a_mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "1 2 0:1 / /run/lab/a/shm rw - tmpfs t rw\n1 2 0:1 / /run/labour rw - tmpfs t rw\n"
    assert down.mounts_below(Path("/run/lab"), lines) == ["/run/lab/a/shm"]


def test_one_up_or_down_at_a_time(tmp_path: Path) -> None:
    paths = Paths("unit", tmp_path)
    refusal = pytest.raises(LabError, match=r"process \d+ is already starting or removing lab 'unit'")
    with lock.held(paths), refusal, lock.held(paths):
        pytest.fail("the lock was given twice")
    with lock.held(paths):
        assert (tmp_path / "locks/unit").read_text()
