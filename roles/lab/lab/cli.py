"""The command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from . import control, down, status
from .console import Console
from .errors import LabError
from .paths import Paths
from .pieces.builder import build
from .pieces.catalogue import all_pieces
from .state import State
from .up import up

Command = Callable[[argparse.Namespace, Paths, Console], int]


def running(paths: Paths) -> State:
    """The running lab's state, or the next step."""
    state = State.load(paths)
    if state is None or not control.alive(paths.control):
        raise LabError(f"lab {paths.name!r} is not up", "`python -m lab up` (make lab-up)")
    return state


def do_build(_: argparse.Namespace, paths: Paths, console: Console) -> int:
    """Build."""
    build(all_pieces(), paths.bin, console)
    console.say(f"all pieces are in {paths.bin}")
    return 0


def do_up(_: argparse.Namespace, paths: Paths, console: Console) -> int:
    """Up."""
    up(paths, console)
    return 0


def do_down(_: argparse.Namespace, paths: Paths, console: Console) -> int:
    """Down."""
    existed = paths.run.exists()
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


def parser() -> argparse.ArgumentParser:
    """Every command with its help."""
    top = argparse.ArgumentParser(prog="python -m lab", description=__import__("lab").__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, text: str, run: Command) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("build", "compile what is missing in the cache", do_build)
    add("up", "start the lab, or say that it runs", do_up)
    add("down", "remove the lab without trace", do_down)
    add("status", "what runs, where, and where its logs are", do_status)
    add("env", "shell lines that point kubectl at the lab", do_env)
    execute = add("exec", "run a command in a real node", do_exec)
    execute.add_argument("node")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="CMD")
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; a LabError is one message and status 1."""
    arguments = parser().parse_args(words)
    try:
        run: Command = arguments.run
        return run(arguments, Paths.here(), Console())
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
