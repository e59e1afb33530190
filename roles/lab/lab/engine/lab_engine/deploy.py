"""python -m swift.cli.deploy"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

from . import log, model, options
from .service import Engine, Service

_PORTS = 100
#: The kernel may give a signal to the thread that serves; this one hears of it when it wakes.
_HEAR_SECONDS = 0.2


def main(argv: Sequence[str] | None = None) -> None:
    """Load, listen, serve until SIGTERM or SIGINT, and die of that signal as ms-swift does."""
    values = options.parse("deploy", sys.argv[1:] if argv is None else argv)
    log.info("lab-engine: a stand-in for ms-swift 4.6.0; answers have no meaning")
    log.info(f"args: DeployArguments({', '.join(f'{name}={value!r}' for name, value in sorted(values.items()))})")
    engine = _engine(values)
    time.sleep(log.seconds("LAB_ENGINE_LOAD_SECONDS", 1))
    service = _listen(str(values.get("host") or "0.0.0.0"), options.number(values, "port", 8000), engine)
    log.info(f"model_list: {engine.served}")
    ending: list[int] = []
    done = threading.Event()

    def end(number: int, _frame: object) -> None:
        ending.append(number)
        done.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    threading.Thread(target=service.serve_forever, args=(0.05,), daemon=True).start()
    log.info(f"Uvicorn running on http://{service.server_address[0]!s}:{service.server_address[1]} (the stand-in)")
    while not done.wait(_HEAR_SECONDS):
        pass
    service.close()
    log.info("Application shutdown complete.")
    _die_of(ending[0])


def _engine(values: options.Values) -> Engine:
    path = options.text(values, "model")
    window = options.number(values, "max_model_len", 0) or options.number(values, "max_length", 0)
    loaded = model.load(path, window)
    return Engine(
        loaded,
        [options.text(values, "served_model_name") or loaded.name, *_adapters(values)],
        api_key=options.text(values, "api_key"),
        owner=options.text(values, "owned_by") or "swift",
        max_logprobs=options.number(values, "max_logprobs", 20),
        max_new_tokens=options.number(values, "max_new_tokens", 0),
        answer_seconds=log.seconds("LAB_ENGINE_ANSWER_SECONDS", 0.1),
        turn=threading.Semaphore(int(os.environ.get("LAB_ENGINE_PARALLEL") or 1)),
    )


def _adapters(values: options.Values) -> list[str]:
    """NAME=PATH entries are further models; a path that is not there ends the start."""
    adapters = values.get("adapters") or []
    names = []
    for entry in [adapters] if isinstance(adapters, str) else adapters:
        name, sign, path = str(entry).partition("=")
        if not os.path.isdir(path if sign else name):
            raise ValueError(f"path: '{path if sign else name}' not found")
        names += [name] if sign else []
    return names


def _listen(host: str, port: int, engine: Engine) -> Service:
    """The port, or silently the next free one, as ms-swift has it."""
    for number in range(port, port + _PORTS):
        service = _try(host, number, engine)
        if service is not None:
            return service
    raise OSError(f"no free port from {port} to {port + _PORTS - 1}")


def _try(host: str, port: int, engine: Engine) -> Service | None:
    try:
        return Service((host, port), engine)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return None


def _die_of(number: int) -> None:
    """The exit status that a parent sees: 128 + the signal, also as process 1, which no signal ends by default."""
    sys.stdout.flush()
    if os.getpid() == 1:
        os._exit(128 + number)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
