# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What check mode can say about a model: files and bytes, if this host reaches the hub and needs no token for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._hub.base import Hub, Repository
from .._hub.chain import Endpoint, first_answering
from .._hub.errors import HubError
from .._hub.http import Settings
from .._hub.listing import selected
from .._hub.retry import Policy
from .wish import key, snapshot

_PATIENCE = Settings(connect_timeout=3.0, stall_timeout=10.0)
ONCE = Policy(attempts=1)


def forecast(model: Mapping[str, Any]) -> dict[str, Any]:
    """`told` is the sentence for the diff. Asks the hub once; never fails."""
    known = {"model": key(model), "files": None, "bytes": None}
    if model["hub"] == "directory":
        return {**known, "told": f"copied from {model.get('source')} inside the cluster"}
    try:
        asked = repository(model)
        hub, listing, _refusals = first_answering(endpoints(model), asked, _nothing, policy=ONCE)
        hub.close()
    except HubError as error:
        return {**known, "told": f"size unknown, this host cannot ask the hub: {error}"}
    include, exclude = model.get("include") or (), model.get("exclude") or ()
    sizes = [file.size for file in listing.files or () if selected(file.path, include, exclude)]
    told = f"{len(sizes)} files, {sum(sizes)} bytes at {listing.commit or asked.revision}"
    return {**known, "files": len(sizes), "bytes": sum(sizes), "told": told}


def repository(model: Mapping[str, Any]) -> Repository:
    """What of a hub the model is, at the revision that is wished or meant."""
    kind, name, revision = snapshot(model)
    return Repository(str(name), str(kind), str(revision))


def endpoints(model: Mapping[str, Any]) -> list[Endpoint]:
    """Its hubs in their order, as this host may ask them: soon tired, and without a token."""
    settings = _PATIENCE._replace(proxy=str(model.get("proxy") or ""))
    addresses = model.get("endpoints") or [model.get("endpoint") or ""]
    return [Endpoint(model["hub"], str(address), settings=settings) for address in addresses]


def _nothing(_hub: Hub) -> str:
    """The commit that we hold already: none."""
    return ""
