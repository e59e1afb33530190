"""Bring a lab up: build, prepare, start the first process, then what needs what came before."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from . import cgroup, control, controlplane, down, network, node, nodes, ports, preconditions
from .api import Api, wait
from .console import Console
from .errors import LabError
from .health import describe, unhealthy
from .image import tidy
from .images import ensure
from .labels import FEATURES
from .paths import ROLE, Paths
from .pieces.builder import build, missing
from .pieces.catalogue import all_pieces
from .prepare import prepare
from .readiness import node_ready, pods_ready, registered
from .state import State, contract

NAMESPACES = ("--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc")
# Not the user's: a proxy or a credential of theirs has no business in the lab.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PYTHONPATH": str(ROLE),
    "PYTHONDONTWRITEBYTECODE": "1",
    # Go collects garbage when the heap has grown fivefold instead of twofold: memory is there, processors are not.
    "GOGC": "400",
}
SYSTEM_PODS = {"kube-system": "k8s-app=kube-dns", "local-path-storage": "app=local-path-provisioner"}


class Launch:
    """One `up`, from nothing to a Ready pod."""

    def __init__(self, paths: Paths, console: Console) -> None:
        self.paths = paths
        self.console = console
        self.nodes = nodes.chosen(os.environ)
        self.python = str(Path(sys.executable).resolve())
        self.tree = cgroup.here()
        self.process: subprocess.Popen[bytes] | None = None

    def go(self) -> State:
        """Everything; on failure or Ctrl-C nothing stays."""
        pieces = all_pieces()
        preconditions.demand(self.paths, missing(pieces, self.paths.bin), self.console)
        sockets = ports.listen()
        try:
            bins = build(pieces, self.paths.bin, self.console)
            tidy()
            ensure(bins)
            with self._undone_on_failure():
                return self._launch(sockets, bins)
        finally:
            for listener in sockets.values():
                listener.close()

    def _launch(self, sockets: Mapping[str, socket.socket], bins: Mapping[str, Path]) -> State:
        state = State(
            {name: listener.getsockname()[1] for name, listener in sockets.items()},
            tuple(item.name for item in self.nodes),
            {name: str(path) for name, path in bins.items()},
        )
        images = prepare(self.paths, state, bins, self.nodes)
        self.console.say(f"prepared: certificates, configuration, {images} images")
        descriptors = {name: listener.fileno() for name, listener in sockets.items()}
        self._first_process(descriptors)
        return self._start(state, bins, descriptors)

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        """What was made is removed; a second Ctrl-C must not stop that. The logs move aside to be read."""
        try:
            yield
        except BaseException as error:
            previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
            kept = None if isinstance(error, KeyboardInterrupt) else down.keep_logs(self.paths)
            self.console.say("not up: removing what was made")
            down.remove(self.paths)
            signal.signal(signal.SIGINT, previous)
            if kept is not None:
                self.console.say(f"its logs are in {kept}")
            raise

    def _first_process(self, descriptors: Mapping[str, int]) -> None:
        """The supervisor in new namespaces. unshare stays outside and kills it should itself be killed."""
        steps = [
            {"run": ["mount", "-t", "tmpfs", "-o", "mode=755", "run", "/run"]},
            *network.bridge_setup(),
            *network.node_setup([item.name for item in self.nodes]),
        ]
        spec = self.paths.run / "init.json"
        _write_spec(spec, self.paths.control, self._supervisor_groups(), steps, [])
        command = ["unshare", *NAMESPACES, self.python, "-m", "lab.supervisor", str(spec)]
        with (self.paths.log / "init.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=ENVIRONMENT,
                pass_fds=list(descriptors.values()),
                start_new_session=True,
                cwd="/",
            )
        # usually 0.3 s; while the kernel still takes another lab's networks apart, links are made slowly
        wait("the lab's first process", self._listening, 60, 0.02)

    def _listening(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            text = (self.paths.log / "init.log").read_text(errors="replace").strip()
            raise LabError(f"the lab's first process ended: {text[-600:]}", "check that namespaces are allowed here")
        return control.alive(self.paths.control)  # its socket is there a moment before anybody listens

    def _start(self, state: State, bins: Mapping[str, Path], descriptors: Mapping[str, int]) -> State:
        paths, say = self.paths, self.console.say
        for item in controlplane.first(paths, bins):
            self._service(item)
        self._service(controlplane.forwarder(paths, self.python, descriptors))
        hub = controlplane.hub(paths, self.python)
        if hub is not None:
            self._service(hub)
        for real in self.nodes:
            self._node(bins, real)
        api = Api(state.ports["api"], paths.pki)
        wait("the API server", api.ready, 90)
        say("kube-apiserver is ready")
        for item in controlplane.second(paths, bins):
            self._service(item)
        self._add_ons(bins)
        say("controllers started, add-ons applied")
        for real in self.nodes:
            wait(f"node {real.name}", partial(registered, api, real.name), 60)
            api.merge(f"/api/v1/nodes/{real.name}", {"metadata": {"labels": FEATURES.get(real.name, {})}})
        for real in self.nodes:
            wait(f"node {real.name} to be Ready", partial(node_ready, api, real.name), 60)
        say(f"{len(self.nodes)} real nodes are Ready")
        for namespace, selector in SYSTEM_PODS.items():
            wait(f"pods {selector}", partial(pods_ready, api, namespace, selector), 90)
        say("cluster DNS and shared storage run: real pods are Ready")
        api.close()
        state = State(state.ports, state.nodes, state.bins, ready=True)
        state.save(paths)
        hand_over(paths, state)
        return state

    def _service(self, service: controlplane.Service) -> None:
        control.call(self.paths.control, "start", service=service)

    def _node(self, bins: Mapping[str, Path], item: node.Node) -> None:
        """A node's supervisor in its own namespaces; its network namespace was made with the bridge."""
        paths, directory = self.paths, self.paths.node(item.name)
        visible = _visible(paths, self.python)
        groups = self.tree.directories(paths.name, item.name)
        steps = [*node.fresh_groups(groups), *node.root_setup(paths, item, visible, node.top_links(Path("/")))]
        services = node.services(paths, bins, item)
        spec = directory / "init.json"
        _write_spec(spec, directory / "init.sock", self._supervisor_groups(), steps, services)
        namespaces = [word for word in NAMESPACES if word != "--net"]
        argv = ["nsenter", f"--net=/run/netns/{item.name}", "unshare", *namespaces]
        argv += [self.python, "-m", "lab.supervisor", str(spec)]
        self._service(controlplane.service(paths, item.name, *argv))

    def _supervisor_groups(self) -> list[Path]:
        return self.tree.directories(self.paths.name, "init")

    def _add_ons(self, bins: Mapping[str, Path]) -> None:
        admin = f"--kubeconfig={self.paths.run}/kubeconfig/outer-admin"
        command = [str(bins["kubectl"]), admin, "apply", "--server-side", "--field-manager=lab"]
        command += [f"--filename={self.paths.run}/addons"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise LabError(f"the add-ons were refused: {answer.stderr.strip()}", "read that message")


def up(paths: Paths, console: Console) -> State:
    """A running lab: the one that is there when it is healthy, else a new one."""
    state = State.load(paths)
    # the caller holds the lab's lock: a lab that is not ready now is what a killed `up` left
    if state is not None and state.ready and control.alive(paths.control):
        problems = unhealthy(paths, state)
        if problems:
            raise LabError(f"lab {paths.name!r} is up but not healthy: {'; '.join(problems)}", _again(paths))
        nodes.require(os.environ, state.nodes, _again(paths))
        ports.require(os.environ, state.ports, _again(paths))
        hand_over(paths, state)
        console.say(f"lab {paths.name!r} is already up: {describe(paths, state)}")
        return state
    if paths.run.exists():
        console.say(f"lab {paths.name!r} is dead or half made: its remains are removed first")
        down.remove(paths)
    state = Launch(paths, console).go()
    console.say(f"lab {paths.name!r} is up: {describe(paths, state)}")
    return state


def hand_over(paths: Paths, state: State) -> None:
    """Write lab.json and the kubeconfig into the checkout."""
    paths.build.mkdir(parents=True, exist_ok=True)
    shutil.copy(paths.run / "kubeconfig/user", paths.build / "kubeconfig")
    (paths.build / "lab.json").write_text(json.dumps(contract(paths, state), indent=1) + "\n")


def _again(paths: Paths) -> str:
    return f"`LAB_NAME={paths.name} python -m lab down`, then up again (make lab-down lab-up)"


def _write_spec(path: Path, socket: Path, groups: list[Path], setup: object, services: object) -> None:
    content = {"socket": str(socket), "cgroups": [str(group) for group in groups]}
    path.write_text(json.dumps({**content, "setup": setup, "services": services}))


def _visible(paths: Paths, python: str) -> list[Path]:
    """What a node sees of the machine besides its system directories: the lab's files and the interpreter."""
    return [paths.run, paths.bin, ROLE, Path(python).parent.parent]
