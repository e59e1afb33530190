"""A local model hub that speaks ModelScope, Hugging Face and plain mirror, with faults on request and byte counts.

In a test:

    from lab.hub import HubServer

    with HubServer() as hub:                                  # or HubServer(repo_root=DIR)
        hub.put("org/name", {"config.json": b"{}", "weights/a.bin": b"..."})
        hub.put("org/name", {"config.json": b"{}"}, revision="v1.0")     # a tag; other names are branches
        hub.put("org/rows", {"train.jsonl": b"{}"}, kind="dataset")
        hub.fault("cut", times=2, at=1 << 20, path="*.bin")   # lab.hub.faults lists the kinds
        download(hub.url)                                     # ModelScope and Hugging Face clients
        download(hub.url + "/mirror/org/name")                # a directory with manifest.json
        download(hub.url + "/mirror")                         # a whole cache root
        assert hub.bytes_of("org/name", "weights/a.bin") == 3
        assert hub.stats()["repositories"]["org/name"]["requests"] == 4

Options: `tokens=["t"]` and `put(..., access="private" | "gated")`; `signed_seconds=2` for addresses that expire;
`cdn_port=None` for no redirect to another address; `lfs_min=0` makes every file LFS; `tls=(certificate, key)`.

As a process: python -m lab.hub --port 8099 --repo-root DIR, with GET /_stats, /_reset, /_heal, /_reload and
/_fault?kind=cut&at=1048576&times=2. Standard library only, Python 3.9 or newer.
"""

from .server import HubServer

__all__ = ["HubServer"]
