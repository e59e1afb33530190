"""The command line."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence

from . import control, down, judge, keepers, lock, ports, preconditions, simulated, status, zoo
from .console import Console
from .errors import LabError, outcome
from .image import publish, saved_images
from .paths import ROLE, Paths
from .pieces.builder import build, missing
from .pieces.catalogue import all_pieces
from .running import running
from .up import up

DESCRIPTION = "A disposable real Kubernetes cluster on this machine; LAB_NAME chooses which (default: lab)."
Command = Callable[[argparse.Namespace, Paths, Console], int]
SETTLE = 0.3  # an answer may reach its client a moment before its line reaches the log


def lacking(paths: Paths) -> list[str]:
    """What is seen to be missing for a lab that does not run yet."""
    if control.alive(paths.control):
        return []
    return preconditions.at_sight(paths, missing(all_pieces(), paths.bin))


def do_build(_: argparse.Namespace, paths: Paths, console: Console) -> int:
    """Build."""
    preconditions.refuse(lacking(paths))
    build(all_pieces(), paths.bin, console)
    console.say(f"all pieces are in {paths.bin}")
    return 0


def do_check(_: argparse.Namespace, paths: Paths, __: Console) -> int:
    """Check."""
    preconditions.refuse(lacking(paths))
    return 0


def do_up(_: argparse.Namespace, paths: Paths, console: Console) -> int:
    """Up."""
    with lock.held(paths):
        up(paths, console)
    return 0


def do_down(_: argparse.Namespace, paths: Paths, console: Console) -> int:
    """Down."""
    existed = paths.run.exists()
    with lock.held(paths):
        down.remove(paths)
    console.say(f"lab {paths.name!r} " + ("is removed, nothing is left" if existed else "was not up; nothing is left"))
    return 0


def do_status(_: argparse.Namespace, paths: Paths, __: Console) -> int:
    """Status."""
    return status.show(paths)


def do_env(_: argparse.Namespace, paths: Paths, __: Console) -> int:
    """Environment."""
    state = running(paths)
    print(f"export KUBECONFIG={paths.build / 'kubeconfig'}")
    print(f"export PATH={state.binary('kubectl').parent}:$PATH")
    return 0


def do_exec(arguments: argparse.Namespace, paths: Paths, _: Console) -> int:
    """Exec: replaces this process."""
    state = running(paths)
    if arguments.node not in state.nodes:
        raise LabError(f"node {arguments.node!r} is not in lab {paths.name!r}", f"name one of {', '.join(state.nodes)}")
    pid = control.peer(paths.node(arguments.node) / "init.sock")
    words = arguments.words or ["/bin/sh"]
    tools = ":".join(dict.fromkeys(path.rpartition("/")[0] for path in state.bins.values()))
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    os.execvpe("nsenter", ["nsenter", f"--target={pid}", "-m", "-n", "-u", "-i", "-p", "--", *words], environment)


def do_service(arguments: argparse.Namespace, paths: Paths, _: Console) -> int:
    """Stop, start or restart a process of the control plane or of a node, or a whole node (as a power cut does)."""
    state = running(paths)
    node, _, name = arguments.name.partition("/")
    inside = bool(name) and node in state.nodes
    socket = paths.node(node) / "init.sock" if inside else paths.control
    operation = "stop" if arguments.what == "stop" else "restart"
    signal = "SIGKILL" if arguments.name in state.nodes else arguments.signal
    control.call(socket, operation, name=name if inside else arguments.name, signal=signal)
    return 0


def do_forward(arguments: argparse.Namespace, paths: Paths, console: Console) -> int:
    """Forward: replaces this process; the socket is made here, the connections start in the lab."""
    running(paths)
    host, _, port = arguments.target.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) <= ports.HIGHEST:
        raise LabError(f"{arguments.target!r} is not ADDRESS:PORT", "for a NodePort name 10.99.0.10:PORT")
    listener = ports.listen_on(arguments.target, arguments.port, "--port")
    listener.set_inheritable(True)
    console.say(f"http://127.0.0.1:{listener.getsockname()[1]} leads to {arguments.target}; Ctrl-C ends it")
    pid = control.peer(paths.control)
    command = ["nsenter", f"--target={pid}", "--net", "--", sys.executable, "-m", "lab.forwarder"]
    environment = {**os.environ, "PYTHONPATH": str(ROLE)}
    os.execvpe("nsenter", [*command, f"{listener.fileno()}={arguments.target}"], environment)


def do_publish(_: argparse.Namespace, paths: Paths, console: Console) -> int:
    """Publish."""
    running(paths)
    console.say(f"{publish(saved_images(), paths.registry)} images are in the lab's registry")
    return 0


def do_nodes(arguments: argparse.Namespace, paths: Paths, console: Console) -> int:
    """Simulated nodes."""
    state = running(paths)
    api = state.ports["api"]
    groups = []
    if (arguments.count or 0) < 0 or (arguments.zoo or 0) < 0:
        raise LabError("there cannot be fewer than 0 nodes", "add --count N or --zoo N with N from 0 on")
    if arguments.count is not None:
        groups.append((zoo.plain(arguments.count), "sim-"))
    if arguments.zoo is not None or arguments.no_zoo:
        groups.append(([] if arguments.no_zoo else zoo.zoo(arguments.zoo), zoo.PREFIX))
    if not groups:
        raise LabError("no nodes are asked for", "add --count N, --zoo or --no-zoo")
    if arguments.no_zoo:
        keepers.go(api, paths.pki)
    for wanted, prefix in groups:
        created, deleted = simulated.replace(api, paths.pki, wanted, prefix)
        console.say(f"{len(wanted)} simulated nodes {prefix}*: {created} created, {deleted} deleted")
        if deleted:
            simulated.forget(paths)
    if arguments.zoo is not None:
        keepers.come(api, paths.pki)
    return 0


def do_judge(arguments: argparse.Namespace, paths: Paths, _: Console) -> int:
    """Judge."""
    running(paths)
    time.sleep(SETTLE)
    if arguments.what == "mark":
        print(judge.mark(paths.audit_log))
        return 0
    start = judge.Mark.parse(arguments.mark or "")
    found = judge.since(paths.audit_log, start, arguments.user or [judge.USER])
    print(json.dumps(found, indent=1) if arguments.json else judge.as_text(found))
    return 0


def parser() -> argparse.ArgumentParser:
    """Every command with its help."""
    top = argparse.ArgumentParser(prog="python -m lab", description=DESCRIPTION)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, text: str, run: Command) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("build", "compile what is missing in the cache", do_build)
    add("check", "say at once what this machine lacks for a lab; change nothing", do_check)
    add("up", "start the lab, or say that it runs", do_up)
    add("down", "remove the lab without trace", do_down)
    add("status", "what runs, where, and where its logs are", do_status)
    add("env", "shell lines that point kubectl at the lab", do_env)
    execute = add("exec", "run a command in a real node", do_exec)
    execute.add_argument("node")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="CMD")
    service = add("service", "stop, start or restart one process, or a whole node", do_service)
    service.add_argument("what", choices=["stop", "start", "restart"])
    service.add_argument("name", help="as `status` shows it: etcd, lab-0/kubelet, or lab-1 for the whole node")
    service.add_argument(
        "--signal", default="SIGTERM", help="how it is ended (default SIGTERM; nodes are always killed)"
    )
    forward = add("forward", "lead a loopback port to an address inside the lab", do_forward)
    forward.add_argument("target", metavar="ADDRESS:PORT")
    forward.add_argument("--port", type=int, default=0, help="the loopback port (default: a free one)")
    add("publish", "bring images that were saved since `up` to the registry", do_publish)
    nodes = add("nodes", "make or remove simulated nodes", do_nodes)
    nodes.add_argument("--count", type=int, help="how many plain ones there shall be (0 removes them)")
    kinds = nodes.add_mutually_exclusive_group()
    help_zoo = "so many nodes, their kinds in turn, and those who keep them (default: one of each kind)"
    kinds.add_argument("--zoo", type=int, nargs="?", const=0, metavar="N", help=help_zoo)
    kinds.add_argument("--no-zoo", action="store_true", help="remove all of that")
    question = add("judge", "count writes and reads since a mark in the audit log", do_judge)
    question.add_argument("what", choices=["mark", "since"])
    question.add_argument("mark", nargs="?", metavar="MARK")
    question.add_argument("--json", action="store_true")
    question.add_argument("--user", action="append", help=f"whom to count (default {judge.USER}); NAME* is a prefix")
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run one command."""
    arguments = parser().parse_args(words)
    run: Command = arguments.run
    return outcome(lambda: run(arguments, Paths.here(), Console()))
