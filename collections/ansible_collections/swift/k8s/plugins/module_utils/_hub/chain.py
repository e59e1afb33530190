# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""From settings to a hub that answers: the endpoints in their order, with the reason of each refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, NamedTuple

from . import huggingface, modelscope
from .base import HttpHub, Hub, Repository
from .directory import Directory
from .errors import BadSetting, HubError, NoHub, Unreachable
from .http import Client, Settings, origin
from .listing import Listing
from .mirror import Mirror, PlainMirror
from .retry import Policy

DEFAULT_REVISIONS = {"modelscope": "master", "huggingface": "main", "mirror": "master", "directory": "local"}
KINDS = tuple(DEFAULT_REVISIONS)


class Endpoint(NamedTuple):
    """One place to ask. `token` never appears in a message, a manifest or a record."""

    hub: str
    address: str = ""
    token: str = ""
    source: str = ""
    settings: Settings = Settings()
    #: inside the site: the limit of its link does not apply
    lan: bool = False


class Refusal(NamedTuple):
    name: str
    error: HubError


#: remembers the endpoints that gave no connection, so that twenty models do not wait twenty times
Known = dict[str, HubError]


def build(endpoint: Endpoint, repository: Repository, policy: Policy) -> Hub:
    """The hub object of one endpoint. Does no I/O."""
    if endpoint.hub == "directory":
        return Directory(endpoint.source, repository)
    hub = _over_http(endpoint, repository, policy)
    hub.local = endpoint.lan
    return hub


def _over_http(endpoint: Endpoint, repository: Repository, policy: Policy) -> HttpHub:
    address = endpoint.address or {
        "modelscope": modelscope.DEFAULT_ENDPOINT,
        "huggingface": huggingface.DEFAULT_ENDPOINT,
    }.get(endpoint.hub, "")
    client = Client(endpoint.settings)
    if endpoint.hub == "mirror" and endpoint.source:
        return PlainMirror(client, endpoint.source, repository, endpoint.token, policy)
    if not address:
        raise BadSetting(f"hub {endpoint.hub!r} of {repository.id} has no endpoint", "Give endpoint")
    origin(address)
    if endpoint.hub == "modelscope":
        return modelscope.ModelScope(client, address, repository, endpoint.token, policy)
    if endpoint.hub == "huggingface":
        return huggingface.HuggingFace(client, address, repository, endpoint.token, policy)
    return Mirror(client, address, repository, endpoint.token, policy)


def first_answering(
    endpoints: Sequence[Endpoint],
    repository: Repository,
    known: Callable[[Hub], str],
    dead: Known | None = None,
    policy: Policy | None = None,
    wanted: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> tuple[Hub, Listing, list[Refusal]]:
    """The first hub of the chain that lists the repository, and why those before it did not.

    `known` gives the commit that the caller holds from a hub, so that an unchanged one costs one request. A hub inside
    the site counts only if it was filled with all that the patterns of `wanted` (include, exclude) select.
    """
    refusals: list[Refusal] = []
    dead = {} if dead is None else dead
    for endpoint in endpoints:
        hub = build(endpoint, repository, policy or Policy())
        try:
            if hub.address in dead:
                raise dead[hub.address]
            return hub, _covering(endpoint, hub.resolve(known(hub)), wanted), refusals
        except HubError as error:
            hub.close()
            if isinstance(error, Unreachable):
                dead[hub.address] = error
            refusals.append(Refusal(hub.name, error))
    raise no_hub(repository, refusals)


def _covering(endpoint: Endpoint, listing: Listing, wanted: tuple[Sequence[str], Sequence[str]]) -> Listing:
    if not endpoint.lan or listing.covers(*wanted):
        return listing
    raise HubError(
        f"it was filled with include {list(listing.include)} and exclude {list(listing.exclude)}, "
        "so files that are wished here may be missing"
    )


def no_hub(repository: Repository, refusals: Sequence[Refusal]) -> HubError:
    """One refusal speaks for itself; several are told in their order."""
    if len(refusals) == 1:
        return refusals[0].error
    reasons = "; ".join(f"{number}. {name}: {error}" for number, (name, error) in enumerate(refusals, 1))
    return NoHub(f"no endpoint has {repository.kind} {repository.id} at {repository.revision}: {reasons}")
