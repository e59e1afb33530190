"""python -m lab.hub: a hub until SIGTERM."""

from __future__ import annotations

import argparse
import signal
import threading

from .repos import SMALLEST_LFS
from .server import HubServer

#: The kernel may give a signal to a thread that serves; the main one hears of it when it wakes.
HEAR_SECONDS = 0.2


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m lab.hub", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--cdn-port", type=int, help="a second address for LFS files (default: the same address)")
    parser.add_argument("--cdn-host", default="localhost", help="the host name in redirects")
    parser.add_argument("--cdn-url", default="", help="the whole address in redirects")
    parser.add_argument("--public-url", default="", help="the address in links, when it is not the client's")
    parser.add_argument("--repo-root", default=".", metavar="DIR", help="holds <org>/<name>[@<revision>]/")
    parser.add_argument("--repo", action="append", default=[], metavar="ORG/NAME=DIR", help="one more model")
    parser.add_argument("--lfs-min", type=int, default=SMALLEST_LFS, metavar="BYTES", help="LFS from this size on")
    parser.add_argument("--signed-seconds", type=float, default=0, help="redirects expire after this time")
    parser.add_argument("--token-file", metavar="FILE", help="one accepted token a line")
    parser.add_argument("--tls-cert", metavar="FILE")
    parser.add_argument("--tls-key", metavar="FILE")
    options = parser.parse_args(arguments)
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key go together")
    malformed = [repo for repo in options.repo if "=" not in repo]
    if malformed:
        parser.error(f"--repo {malformed[0]!r} is not ORG/NAME=DIR")
    return options


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    options = parse()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    hub = HubServer(
        options.repo_root,
        host=options.host,
        port=options.port,
        cdn_port=options.cdn_port,
        cdn_host=options.cdn_host,
        repos=dict(repo.split("=", 1) for repo in options.repo),
        lfs_min=options.lfs_min,
        signed_seconds=options.signed_seconds,
        tokens=_tokens(options.token_file),
        public_url=options.public_url,
        cdn_url=options.cdn_url,
        tls=(options.tls_cert, options.tls_key) if options.tls_cert else None,
    )
    with hub:
        print(f"hub ready at {hub.url}", flush=True)
        while not stop.wait(HEAR_SECONDS):
            pass


def _tokens(path: str | None) -> list[str]:
    if path is None:
        return []
    with open(path, encoding="utf-8") as stream:
        return [line.strip() for line in stream if line.strip()]


if __name__ == "__main__":
    main()
