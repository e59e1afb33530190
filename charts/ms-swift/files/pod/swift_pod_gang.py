# SPDX-License-Identifier: Apache-2.0
"""All pods of a multi-node training live and die together.

Every pod keeps a connection to the leader (rank 0). When one breaks before it said goodbye, its pod is gone, and the
others would wait in a collective operation until its timeout. Instead each of them stops at once with the status that
means "run me again", and the Job starts the whole gang anew from the newest checkpoint. The leader leaves last: a Job
runs no index again that has succeeded, and the leader alone could not do again what it had not recorded.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Optional

from swift_pod_errors import AGAIN

HELLO = b"swift.k8s gang"
BYE = b"bye"
_PATIENCE = 1800.0


class Gang:
    """A membership, as a context: leaving it without an error says goodbye."""

    def __init__(self, rank: int, size: int, leader: str, port: int) -> None:
        self.leader = rank == 0
        self._size, self._address = size, (leader, port)
        self._peers: list[socket.socket] = []
        self._server: Optional[socket.socket] = None
        self._watcher: Optional[threading.Thread] = None
        self._ending = threading.Event()

    @classmethod
    def of(cls, environ: Mapping[str, str], port: int) -> Gang:
        rank, size = int(environ.get("NODE_RANK", "0")), int(environ.get("NNODES", "1"))
        return cls(rank, size, environ.get("MASTER_ADDR", "127.0.0.1"), port)

    def __enter__(self) -> Gang:
        if self._size > 1:
            if not self.leader:
                self._join()
            self._watcher = threading.Thread(target=self._accept if self.leader else self._watch_leader, daemon=True)
            self._watcher.start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if kind is None:
            for peer in self._peers:
                with contextlib.suppress(OSError):  # gone already: it needs no goodbye
                    peer.sendall(BYE)
            if self._watcher and not self.leader:
                self._watcher.join()  # until the leader's goodbye: it has judged the training, and recorded it
        self._ending.set()
        for peer in self._peers:
            peer.close()
        if self._server:
            self._server.close()

    def _accept(self) -> None:
        self._server = socket.create_server(("", self._address[1]), backlog=self._size)
        while len(self._peers) < self._size - 1:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return  # the context is over
            if not greeted(peer):
                peer.close()
                continue
            self._peers.append(alive(peer))
            threading.Thread(target=self._watch, args=(peer,), daemon=True).start()

    def _join(self) -> None:
        """Wait for the leader: what the directory holds is settled when it is there."""
        end = time.monotonic() + _PATIENCE
        while not (peer := reach(self._address)):
            if time.monotonic() > end:
                print(f"launch: leader {self._address[0]} did not answer for {_PATIENCE:g} s", flush=True)
                stop()
            time.sleep(1)
        self._peers.append(peer)

    def _watch_leader(self) -> None:
        self._watch(self._peers[0])

    def _watch(self, peer: socket.socket) -> None:
        try:
            said = peer.recv(len(BYE))
        except OSError:
            said = b""
        if said != BYE and not self._ending.is_set():
            print("launch: a pod of this training is gone; stopping so that all start again", flush=True)
            stop()


def stop() -> None:
    """End the container now: the workers hang in a collective operation and would not hear a signal."""
    os._exit(AGAIN)


def reach(address: tuple[str, int]) -> Optional[socket.socket]:
    """A connection to the leader, or None while its pod is not there yet."""
    try:
        peer = socket.create_connection(address, timeout=5)
        peer.sendall(HELLO)
    except OSError:
        return None
    peer.settimeout(None)
    return alive(peer)


def greeted(peer: socket.socket) -> bool:
    """Whether it is a pod of the gang: what only looks for open ports, or a mesh's probe, says nothing and leaves."""
    peer.settimeout(5)
    try:
        said = peer.recv(len(HELLO), socket.MSG_WAITALL)
    except OSError:
        return False
    peer.settimeout(None)
    return said == HELLO


def alive(peer: socket.socket) -> socket.socket:
    """A node that vanishes sends nothing: let the kernel ask, and give up after 25 seconds."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3)):
        peer.setsockopt(socket.IPPROTO_TCP, option, value)
    return peer
