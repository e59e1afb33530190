# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What check mode can say about a model: files and bytes, if this host reaches the hub and needs no token for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._hub.base import Hub, Repository
from .._hub.chain import DEFAULT_REVISIONS, Endpoint, first_answering
from .._hub.errors import HubError
from .._hub.http import Settings
from .._hub.listing import selected
from .._hub.retry import Policy
from .wish import key

_PATIENCE = Settings(connect_timeout=3.0, stall_timeout=10.0)


def forecast(model: Mapping[str, Any]) -> dict[str, Any]:
    """`told` is the sentence for the diff. Asks the hub once; never fails."""
    revision = model.get("revision") or DEFAULT_REVISIONS[model["hub"]]
    known = {"model": key(model), "files": None, "bytes": None}
    if model["hub"] == "directory":
        return {**known, "told": f"copied from {model.get('source')} inside the cluster"}
    try:
        repository = Repository(model["id"], model["type"], revision)
        hub, listing, _refusals = first_answering(_endpoints(model), repository, _nothing, policy=Policy(attempts=1))
        hub.close()
    except HubError as error:
        return {**known, "told": f"size unknown, this host cannot ask the hub: {error}"}
    include, exclude = model.get("include") or (), model.get("exclude") or ()
    sizes = [file.size for file in listing.files or () if selected(file.path, include, exclude)]
    told = f"{len(sizes)} files, {sum(sizes)} bytes at {listing.commit or revision}"
    return {**known, "files": len(sizes), "bytes": sum(sizes), "told": told}


def _endpoints(model: Mapping[str, Any]) -> list[Endpoint]:
    settings = _PATIENCE._replace(proxy=str(model.get("proxy") or ""))
    addresses = model.get("endpoints") or [model.get("endpoint") or ""]
    return [Endpoint(model["hub"], address, "", "", settings) for address in addresses]


def _nothing(_hub: Hub) -> str:
    """The commit that we hold already: none."""
    return ""
