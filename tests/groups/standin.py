"""A stand-in for vLLM's server on several pods: a leader that answers once its workers have come.

It knows the words that the chart gives to ``vllm serve``, and no more.
"""

from __future__ import annotations

import argparse
import http.server
import json
import socket
import sys
import threading
import time
from typing import ClassVar

MEETING = 29555


class Answer(http.server.BaseHTTPRequestHandler):
    workers: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        body = json.dumps({"workers": self.workers}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def lead(nodes: int, port: int) -> None:
    with socket.create_server(("", MEETING)) as server:
        peers = [server.accept()[0] for _ in range(nodes - 1)]
    Answer.workers = [peer.recv(64).decode() for peer in peers]
    threading.Thread(target=peers[0].recv, args=(1,), daemon=True).start()
    http.server.ThreadingHTTPServer(("", port), Answer).serve_forever()


def follow(leader: str, rank: int) -> None:
    while True:
        try:
            peer = socket.create_connection((leader, MEETING), timeout=2)
            break
        except OSError:
            time.sleep(0.5)
    peer.settimeout(None)
    peer.sendall(f"rank {rank} of {socket.gethostname()}".encode())
    peer.recv(1)  # until the leader is gone


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("--node-rank", type=int, required=True)
    parser.add_argument("--nnodes", type=int, required=True)
    parser.add_argument("--master-addr", required=True)
    parser.add_argument("--pipeline-parallel-size", type=int, required=True)
    parser.add_argument("--headless", action="store_true")
    parser.add_argument("--port", type=int, required=True)
    options, _ = parser.parse_known_args(words)
    assert options.headless == (options.node_rank > 0)
    if options.headless:
        follow(options.master_addr, options.node_rank)
    else:
        lead(options.nnodes, options.port)


if __name__ == "__main__":
    main(sys.argv[1:])
