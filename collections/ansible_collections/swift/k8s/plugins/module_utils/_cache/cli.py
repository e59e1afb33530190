# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""`python3 -m <package>._cache.cli seed|verify|list|remove`: the same engine on a host, in a Job, in an initContainer.

Exit status: 0 done, 1 failed (the last event says why and what next), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._hub.errors import HubError
from . import house, report, space
from .engine import Engine
from .errors import BadSpec, CacheError
from .events import Emit, JsonLines, Text
from .lock import Patience
from .spec import LEVELS, TYPES, Spec, parse

DONE, FAILED, USAGE = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    emit: Emit = JsonLines(sys.stdout) if options.log == "json" else Text(sys.stdout)
    command: Callable[[argparse.Namespace, Emit], int] = options.command
    try:
        return command(options, emit)
    except BadSpec as error:
        _tell_error(emit, error)
        return USAGE
    except (CacheError, HubError) as error:
        _tell_error(emit, error)
        return FAILED


def _seed(options: argparse.Namespace, emit: Emit) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_received: stop.set())
    spec = _spec(options.spec)
    engine = Engine(spec, emit, stop, Patience(stale=options.stale_seconds))
    outcomes = engine.plan() if options.check else engine.seed()
    failed = [outcome for outcome in outcomes if outcome.error]
    for outcome in outcomes if options.check else ():
        if not outcome.error:
            emit(report.planned(outcome))
    for outcome in failed[:-1]:
        if outcome.error:
            _tell_error(emit, outcome.error, outcome.snapshot.id)
    emit(
        {
            "event": "done" if not failed else "summary",
            "time": round(time.time(), 3),
            "models": len(outcomes),
            "changed": any(outcome.changed for outcome in outcomes),
            "files_fetched": sum(outcome.files_fetched for outcome in outcomes),
            "bytes_fetched": sum(outcome.bytes_fetched for outcome in outcomes),
            "bytes_resumed": sum(outcome.bytes_resumed for outcome in outcomes),
            "seconds": round(engine.meter.seconds(), 3),
            "free_bytes": space.room_at(spec.root).bytes,
            "results": [report.result(outcome, with_changes=options.check) for outcome in outcomes],
        }
    )
    if failed and failed[-1].error:
        _tell_error(emit, failed[-1].error, failed[-1].snapshot.id)
    return FAILED if failed else DONE


def _verify(options: argparse.Namespace, emit: Emit) -> int:
    """Reports only; `seed` with `verify: full` in its spec repairs what is damaged and nothing else."""
    wrong = 0
    entries = _held(options.root)
    for entry in entries:
        if not options.id or entry.snapshot.id in options.id:
            told = house.described(entry, options.level)
            wrong += len(told["findings"]) + (0 if entry.manifest else 1)
            emit({"event": "verified", **_model(told), "level": options.level})
    missing = house.without(entries, options.id or [])
    if missing:
        raise _holds_no(options.root, f"model or dataset {', '.join(missing)}")
    if wrong:
        raise CacheError(f"{wrong} problems in {options.root}", "Seed again with verify: full; only they are fetched")
    return DONE


def _list(options: argparse.Namespace, emit: Emit) -> int:
    for entry in _held(options.root):
        emit({"event": "snapshot", **_model(house.described(entry, "stat"))})
    return DONE


def _remove(options: argparse.Namespace, emit: Emit) -> int:
    wish = {"id": options.id, "type": options.type, "revision": options.revision}
    chosen = house.matching(house.inventory(options.root), [wish])
    if not chosen:
        raise _holds_no(options.root, f"{options.type} {options.id} {options.revision}".rstrip())
    for removed in house.remove_all(chosen):
        emit({"event": "removed", **_model(removed)})
    return DONE


def _held(root: str) -> list[house.Entry]:
    """Silence about a root that is mistyped or not mounted would read as a good answer."""
    entries = house.inventory(root)
    if not entries:
        raise CacheError(f"{root} holds no models{_unreadable(root)}", "Check --root and its mount; seed fills it")
    return entries


def _unreadable(root: str) -> str:
    try:
        os.listdir(root)
    except (FileNotFoundError, NotADirectoryError):
        return " (it is no directory)"
    except OSError as error:
        return f" (it cannot be read: {error.strerror})"
    return ""


def _holds_no(root: str, what: str) -> CacheError:
    return CacheError(f"{root} holds no {what}", "See: list --root")


def _spec(path: str) -> Spec:
    try:
        with open(path, encoding="utf-8") as stream:
            document: Any = json.load(stream)
    except OSError as error:
        raise BadSpec(f"spec {path} cannot be read: {error.strerror}", "Check the path") from error
    except ValueError as error:
        raise BadSpec(f"spec {path} is not JSON: {error}", "Correct it") from error
    return parse(document, os.environ)


def _model(told: Mapping[str, Any]) -> dict[str, Any]:
    """Events call the id `model`, as progress does."""
    return {"model": told["id"], **{key: value for key, value in told.items() if key != "id"}}


def _tell_error(emit: Emit, error: Exception, model: str | None = None) -> None:
    told = isinstance(error, (CacheError, HubError))
    emit(
        {
            "event": "error",
            "kind": type(error).__name__,
            "message": getattr(error, "message", str(error)),
            "next_step": getattr(error, "next_step", "") if told else "",
            "model": model or "",
        }
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="_cache", description="Seed, verify and clean a cache of models.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--log", choices=("json", "text"), default="text", help="events as JSON lines, or for people")
    commands = parser.add_subparsers(required=True, metavar="seed|verify|list|remove")

    seed = commands.add_parser("seed", parents=[common], help="bring every model of a spec into its root")
    seed.add_argument("--spec", required=True, help="path of spec.json")
    seed.add_argument("--check", action="store_true", help="say what would be fetched, and stop")
    seed.add_argument(
        "--stale-seconds", type=float, default=Patience().stale, help="a silent seeder is dead after this"
    )
    seed.set_defaults(command=_seed)

    check = commands.add_parser("verify", parents=[common], help="compare files with their manifests")
    check.add_argument("--root", required=True)
    check.add_argument("--level", choices=LEVELS, default="stat")
    check.add_argument("--id", action="append", help="only this id; may be repeated")
    check.set_defaults(command=_verify)

    show = commands.add_parser("list", parents=[common], help="what a root holds")
    show.add_argument("--root", required=True)
    show.set_defaults(command=_list)

    drop = commands.add_parser("remove", parents=[common], help="take a model out")
    drop.add_argument("--root", required=True)
    drop.add_argument("--id", required=True)
    drop.add_argument("--type", choices=TYPES, default="model")
    drop.add_argument("--revision", default="", help="only this revision; all of them when left out")
    drop.set_defaults(command=_remove)
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
