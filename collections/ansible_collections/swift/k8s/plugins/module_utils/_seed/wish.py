# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What the user wants on a volume: models, limits, and how the Job that brings them shall look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._cache import spec as engine_spec
from .._cache.errors import BadSpec
from .._hub.chain import DEFAULT_REVISIONS
from .errors import SeedError

#: The level of `verify` that believes the record and starts no pod.
RECORD = "record"
#: Where the pod sees the volume, the engine and its spec, and secrets.
CACHE = "/cache"
ENGINE = "/engine"
TOKENS = "/run/secrets/swift-k8s"
AUTHORITIES = "/run/ca"
SOURCES = "/sources"
#: Fields that the engine takes as they are.
_PLAIN = ("id", "type", "hub", "endpoint", "endpoints", "revision", "include", "exclude", "proxy")


@dataclass(frozen=True)
class Wish:
    """Everything that one call of the module is about."""

    volume: str
    namespace: str
    models: tuple[Mapping[str, Any], ...]
    rate_limit: str
    rate_schedule: tuple[Mapping[str, Any], ...]
    reserve: str
    workers: int
    verify: str
    keep: str
    site: str
    site_namespace: str
    image: str
    pod: Mapping[str, Any]
    #: the node whose directory is meant, where every node has its own
    node: str = ""
    #: the address of our own server to take from, in place of the hubs
    via: str = ""
    #: the address of the site's cluster that serves what it has, asked before the hubs
    site_hub: str = ""
    #: the cluster where the site's Lease lies, as (option, value); empty means the one that is seeded
    site_auth: tuple[tuple[str, str], ...] = ()
    #: the Secret with the token that this address asks for
    site_token_secret: str = ""

    def __str__(self) -> str:
        return f"volume {self.namespace}/{self.volume}{' on node ' if self.node else ''}{self.node}"

    @property
    def place(self) -> str:
        """What names of objects are made of: they are one a volume, or one a node."""
        return f"{self.volume}-{self.node}" if self.node else self.volume


def parse(params: Mapping[str, Any]) -> Wish:
    """The wish that the module's options describe."""
    keys = (
        "image_pull_policy",
        "image_pull_secrets",
        "python",
        "node_selector",
        "tolerations",
        "resources",
        "run_as_user",
    )
    return Wish(
        volume=params["volume"],
        namespace=params["namespace"],
        models=tuple(_checked(params["models"])),
        rate_limit=params["rate_limit"],
        rate_schedule=tuple(params["rate_schedule"]),
        reserve=params["reserve"],
        workers=params["workers"],
        verify=params["verify"],
        keep=params["keep"],
        site=params["site"] or "",
        site_namespace=params["site_namespace"] or params["namespace"],
        image=params["image"],
        pod={key: params[key] for key in keys},
        site_hub="" if params["site_serve"] else (params["site_hub"] or "").rstrip("/"),
        site_auth=_site_auth(params),
        site_token_secret=params["site_token_secret"] or "",
    )


def _site_auth(params: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if not params["site_kubeconfig"] and not params["site_context"]:
        return ()
    found = {"kubeconfig": params["site_kubeconfig"] or params["kubeconfig"], "context": params["site_context"]}
    return tuple((name, str(value)) for name, value in found.items() if value)


def _checked(models: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    seen: set[str] = set()
    for model in models:
        for address in (model.get("endpoint"), model.get("proxy"), *(model.get("endpoints") or [])):
            _user, at, host = (address or "").rpartition("://")[2].partition("/")[0].rpartition("@")
            if at:
                raise SeedError(
                    f"model {model['id']} has credentials in the address of {host}, which would be readable in the "
                    "cluster. Put tokens into a Secret (token_secret), and use a proxy that asks for none."
                )
        if key(model) in seen:
            raise SeedError(f"model {key(model)} is listed twice. Keep one of the entries.")
        seen.add(key(model))
    return list(models)


def validate(wish: Wish) -> None:
    """Let the engine itself judge its spec here, before anything is made: same rules, same sentences."""
    without = replace(wish, site_token_secret="")
    models = [{k: v for k, v in m.items() if k != "token_file"} for m in engine_models(without)]
    document = {**spec(wish), "models": models}
    try:
        engine_spec.parse(document, {})
    except BadSpec as error:
        raise SeedError(f"{wish}: {error}") from error
    for model in wish.models:
        inside = str(model.get("source") or "").startswith(f"{CACHE}/")
        if model["hub"] == "directory" and not model.get("source_claim") and not inside:
            raise SeedError(
                f"model {model['id']} comes from directory {model.get('source')}, which a pod cannot see. "
                f"Name the claim that holds it (source_claim), or put it below {CACHE} on {wish} and give that path."
            )


def key(model: Mapping[str, Any]) -> str:
    """By what a model is known in the record: kind, id and wished revision."""
    revision = f"@{model['revision']}" if model.get("revision") else ""
    return f"{model['type']}:{model['id']}{revision}"


def snapshot(model: Mapping[str, Any]) -> tuple[str, str, str]:
    """What of it lies on the disk: kind, id and revision. Two keys may mean the same, one with the revision by name."""
    return model["type"], model["id"], model.get("revision") or DEFAULT_REVISIONS[model["hub"]]


def fingerprint(model: Mapping[str, Any]) -> str:
    """Changes when another run could bring other files for this model."""
    told = {name: model.get(name) for name in (*_PLAIN, "source") if name not in {"proxy"}}
    return _digest({name: value for name, value in told.items() if value})


def engine_models(wish: Wish) -> list[dict[str, Any]]:
    """The models as the engine reads them: secrets and sources are paths in the pod."""
    if wish.via:
        return [_mirrored(model, wish.via) for model in wish.models]
    own = [_engine_model(model) for model in wish.models]
    return [_from_site(wish, model) for model in own] if wish.site_hub else own


def _mirrored(model: Mapping[str, Any], address: str) -> dict[str, Any]:
    """A model as our own server has it: under the revision with which it was fetched."""
    told = {name: model[name] for name in ("id", "type", "include", "exclude") if model.get(name)}
    return {**told, "hub": "mirror", "endpoint": address, "revision": snapshot(model)[2]}


def _from_site(wish: Wish, model: Mapping[str, Any]) -> dict[str, Any]:
    """The site's own hub first, under the revision with which it fetched; then what the model names itself.

    The model's token, authority and proxy are for the hubs of the outside, so the site's hub gets none of them.
    """
    if model["hub"] == "directory":
        return dict(model)
    token = f"{TOKENS}/{wish.site_token_secret}/token" if wish.site_token_secret else ""
    near = {"hub": "mirror", "endpoint": wish.site_hub, "lan": True, "token_file": token, "source": ""}
    hubs = model.get("endpoints") or [{}]
    return {**model, "revision": snapshot(model)[2], "endpoints": [{**near, "ca_file": "", "proxy": "none"}, *hubs]}


def _engine_model(model: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {name: model[name] for name in _PLAIN if model.get(name)}
    if model.get("token_secret"):
        told["token_file"] = f"{TOKENS}/{model['token_secret']}/{model['token_key']}"
    if model.get("ca_config_map"):
        told["ca_file"] = f"{AUTHORITIES}/{model['ca_config_map']}/{model['ca_key']}"
    if model.get("source"):
        claim = model.get("source_claim")
        told["source"] = f"{SOURCES}/{claim}/{model['source'].lstrip('/')}" if claim else model["source"]
    return told


def spec(wish: Wish) -> dict[str, Any]:
    """The engine's spec.json. The limit is a file beside it, so that it may change while the engine runs."""
    return {
        "root": CACHE,
        "rate_file": f"{ENGINE}/rate",
        "rate_limit": wish.rate_limit,
        "rate_schedule": [dict(window) for window in wish.rate_schedule],
        "reserve": wish.reserve,
        "workers": wish.workers,
        "verify": "stat" if wish.verify == RECORD else wish.verify,
        "models": engine_models(wish),
    }


def digest(wish: Wish, claim_uid: str, remove: Sequence[str] = ()) -> str:
    """What makes a Job another Job: volume, models, removals, level of verification, and the schedule.

    The schedule is read once. The limit is a file that the engine looks at while it runs, so it is not part of this;
    nor is the image.
    """
    told = {name: spec(wish)[name] for name in ("models", "rate_schedule", "verify")}
    return _digest({"claim": claim_uid, **told, "remove": list(remove)})[:10]


def pod_digest(wish: Wish) -> str:
    """What a pod is made of besides its work."""
    return _digest({"image": wish.image, "pod": wish.pod})[:10]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
