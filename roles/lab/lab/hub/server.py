"""The hub as an object: in this process for unit tests, or behind `python -m lab.hub`."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from .faults import fault
from .handler import Server
from .messages import Tokens
from .repos import SMALLEST_LFS, Store
from .signing import Signer
from .site import Site


class HubServer:
    """A hub on the loopback; see the package's documentation for an example."""

    def __init__(
        self,
        repo_root: str | os.PathLike[str] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        cdn_port: int | None = 0,
        cdn_host: str = "localhost",
        repos: Mapping[str, str] | None = None,
        lfs_min: int = SMALLEST_LFS,
        signed_seconds: float = 0,
        tokens: Sequence[str] = (),
        public_url: str = "",
        cdn_url: str = "",
        tls: tuple[str, str] | None = None,
    ) -> None:
        """`cdn_port=None` sends LFS files from the hub's own address; `tls` is (certificate file, key file)."""
        self._scratch = tempfile.mkdtemp(prefix="hub-") if repo_root is None else ""
        root = os.fspath(repo_root) if repo_root is not None else self._scratch
        store = Store(root, dict(repos or {}), lfs_min)
        self._site = Site(store, Tokens(frozenset(tokens)), Signer(signed_seconds))
        context = _context(tls)
        self._servers = [Server((host, port), self._site, "hub", public_url, context)]
        if cdn_port is not None:
            self._servers.append(Server((host, cdn_port), self._site, "cdn", cdn_url, context))
            scheme = self._servers[1].scheme
            self._site.content_url = cdn_url or f"{scheme}://{cdn_host}:{self._servers[1].server_address[1]}"
        self.url = public_url or f"{self._servers[0].scheme}://{host}:{self._servers[0].server_address[1]}"

    @property
    def port(self) -> int:
        """The port of the hub's own address."""
        return int(self._servers[0].server_address[1])

    def start(self) -> HubServer:
        """Serve in threads of this process."""
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Close both addresses; answers under way end."""
        self._site.stopped.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        if self._scratch:
            shutil.rmtree(self._scratch)

    def __enter__(self) -> HubServer:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def put(
        self,
        repo_id: str,
        files: Mapping[str, bytes],
        *,
        revision: str = "",
        kind: str = "model",
        access: str = "",
    ) -> str:
        """Write a revision (replacing what it held) below the root; returns its folder."""
        store = self._site.store
        folder = store.path(kind, repo_id, revision.replace("/", "--"))
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for path, content in files.items():
            location = os.path.join(folder, path)
            os.makedirs(os.path.dirname(location), exist_ok=True)
            with open(location, "wb") as stream:
                stream.write(content)
        if access:
            with open(f"{store.path(kind, repo_id)}.access", "w", encoding="utf-8") as stream:
                stream.write(access)
        store.reload()
        return folder

    def commit(self, repo_id: str, revision: str = "", kind: str = "model") -> str:
        """The commit that a revision means now."""
        repository = self._site.store.find(kind, repo_id)
        found = repository.revision(revision) if repository else None
        if found is None:
            raise KeyError(f"{kind} {repo_id} at revision {revision or 'master'}")
        return found.commit

    def fault(self, kind: str, times: int = 0, path: str = "*", where: str = "all", **numbers: float) -> None:
        """Arm a fault for the next `times` answers (0: all) to matching paths; lab.hub.faults lists the kinds."""
        self._site.faults.arm(fault(kind, times, path, where, **numbers))

    def heal(self) -> None:
        """Forget all faults."""
        self._site.faults.heal()

    def stats(self) -> dict[str, Any]:
        """Requests and file bytes since the last reset: in all, by repository and by file, and a log."""
        return self._site.stats.report()

    def bytes_of(self, repo_id: str, path: str = "") -> int:
        """File bytes sent of a repository, or of one of its files."""
        known = self.stats()["repositories"].get(repo_id, {"bytes": 0, "files": {}})
        return int(known["files"].get(path, {"bytes": 0})["bytes"] if path else known["bytes"])

    def reset(self) -> None:
        """Counts to zero, no faults, and the disk is looked at again."""
        self._site.stats.reset()
        self._site.faults.heal()
        self._site.store.reload()

    def reload(self) -> None:
        """Look at the disk again after changing it by hand."""
        self._site.store.reload()


def _context(tls: tuple[str, str] | None) -> ssl.SSLContext | None:
    if tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    return context
