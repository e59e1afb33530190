# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Asks hubs whether they have the wished models, so that a misspelt one is told before hours of work. Reads no file.

What this machine cannot judge as a pod of the cluster would is left to the seeding: an address that it does not reach,
a certificate that it does not trust, a repository that only the token of a Secret opens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional

from .._hub.base import Repository
from .._hub.chain import KINDS, Endpoint, build
from .._hub.errors import BadSetting, HubError, NotFound, Unauthenticated
from .._seed.forecast import ONCE, endpoints, repository
from .._seed.wish import fingerprint
from .outside import at_public_hub

Data = Mapping[str, Any]
THREADS = 8
#: Answers that no pod of the cluster would get otherwise.
DEFINITE = (NotFound, Unauthenticated, BadSetting)


def to_ask(wishes: Data, recorded: Optional[Collection[str]]) -> list[dict[str, Any]]:
    """Return the models that have to come from a hub that this machine may ask, complete. Pure.

    `recorded` are the fingerprints of what the cluster has already, whatever its hub says today; None where that may
    not be seen.
    """
    if recorded is None or wishes["node_caches"] or wishes["site_hub"]:
        return []
    return [model for model in map(_complete, wishes["models"]) if _askable(model, wishes, recorded)]


def _complete(model: Data) -> dict[str, Any]:
    return {"type": "model", "hub": "modelscope", **{key: value for key, value in model.items() if value}}


def _askable(model: Data, wishes: Data, recorded: Collection[str]) -> bool:
    outside = bool(wishes["offline"]) and at_public_hub(model)
    elsewhere = model["hub"] not in KINDS or model["hub"] == "directory" or model.get("token_secret")
    return bool(model.get("id")) and not outside and not elsewhere and fingerprint(model) not in recorded


def unknown(models: Sequence[Data], addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return, as subjects, the models that each of their hubs refuses for good.

    `addresses` gives the URL under which this machine reaches an endpoint, where that is another one than the pods'.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        refusals = list(pool.map(lambda model: _refusals(model, addresses), models))
    return [
        {"subject": f"model {model['id']}", "told": "; ".join(error.message for error in errors)}
        for model, errors in zip(models, refusals)
        if errors and all(isinstance(error, DEFINITE) for error in errors)
    ]


def _refusals(model: Data, addresses: Mapping[str, str]) -> list[HubError]:
    """Return why no hub lists the model; nothing as soon as one does."""
    refusals = []
    for endpoint in endpoints(model):
        # A mirror of plain files is known by its source.
        here = endpoint._replace(
            address=addresses.get(endpoint.address, endpoint.address), source=str(model.get("source") or "")
        )
        error = _asked(here, repository(model))
        if error is None:
            return []
        refusals.append(error)
    return refusals


def _asked(endpoint: Endpoint, asked: Repository) -> Optional[HubError]:
    try:
        hub = build(endpoint, asked, ONCE)
        try:
            hub.resolve()
        finally:
            hub.close()
    except HubError as error:
        return error
    return None
