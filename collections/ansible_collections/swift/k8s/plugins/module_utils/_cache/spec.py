# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""From a document (spec.json, or the module's options) to wishes that can be trusted."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .._hub.chain import DEFAULT_REVISIONS, KINDS, Endpoint
from .._hub.errors import BadSetting
from .._hub.http import Settings, check_address
from .._hub.names import revision_problem
from .._hub.proxies import proxy_for
from .._hub.retry import Policy
from .checks import choice, flag, known, model_id, number, patterns
from .errors import BadSpec
from .layout import Snapshot
from .limit import LimitSettings
from .rate import parse_rate, parse_size
from .schedule import parse_schedule

TYPES = ("model", "dataset")
LEVELS = ("stat", "sample", "full")
DEFAULT_WORKERS = 4
DEFAULT_RESERVE = "1GiB"

SPEC_KEYS = frozenset(
    [
        "root",
        "models",
        "rate_limit",
        "rate_schedule",
        "rate_file",
        "rate_scope",
        "reserve",
        "workers",
        "verify",
        "report",
        "connect_timeout",
        "stall_timeout",
        "attempts",
    ]
)
_ENDPOINT_KEYS = frozenset(["hub", "endpoint", "source", "token", "token_file", "token_env", "ca_file", "proxy", "lan"])
_MODEL_KEYS = _ENDPOINT_KEYS | frozenset(["id", "type", "revision", "include", "exclude", "endpoints"])


class Wish(NamedTuple):
    """One model or dataset that should be in the cache."""

    snapshot: Snapshot
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]


class Spec(NamedTuple):
    root: str
    wishes: tuple[Wish, ...]
    limit: LimitSettings
    reserve: int
    workers: int
    verify: str
    report: str
    policy: Policy


def parse(document: Any, environ: Mapping[str, str], secrets_inside: bool = False) -> Spec:
    """Every mistake is named with its key, its value and what to write instead.

    `secrets_inside` allows `token` itself: the module passes one in memory, a file may not hold one.
    """
    known(document, SPEC_KEYS, "spec")
    root = str(document.get("root") or "")
    if not os.path.isabs(root):
        raise BadSpec(f"root {root!r} is not an absolute path", "Write root: /data/models")
    settings = Settings(
        connect_timeout=number(document, "connect_timeout", 10.0, 0.01),
        stall_timeout=number(document, "stall_timeout", 60.0, 0.01),
    )
    models = document.get("models")
    if not isinstance(models, Sequence) or isinstance(models, str):
        raise BadSpec("models is not a list", "Write models: [{id: Qwen/Qwen2.5-7B-Instruct}]")
    wishes = tuple(
        _wish(model, f"models[{index}]", os.path.normpath(root), settings, environ, secrets_inside)
        for index, model in enumerate(models)
    )
    _distinct(wishes)
    reserve = document.get("reserve")
    return Spec(
        os.path.normpath(root),
        wishes,
        _limit(document),
        parse_size(str(DEFAULT_RESERVE if reserve in (None, "") else reserve)),
        int(number(document, "workers", DEFAULT_WORKERS, 1)),
        choice(document, "verify", LEVELS, "stat", "spec"),
        str(document.get("report") or ""),
        Policy(attempts=int(number(document, "attempts", 8, 1))),
    )


def _limit(document: Mapping[str, Any]) -> LimitSettings:
    rate, schedule = document.get("rate_limit"), document.get("rate_schedule")
    given = any(value not in (None, "", [], ()) for value in (rate, schedule, document.get("rate_file")))
    scope = str(document.get("rate_scope") or "site")
    if not scope.isalnum():
        raise BadSpec(f"rate_scope {scope!r} is not a word", "Write letters and digits, such as site or lan")
    return LimitSettings(
        given,
        None if rate in (None, "") else parse_rate(str(rate)),
        () if schedule in (None, "") else parse_schedule(schedule),
        str(document.get("rate_file") or ""),
        scope,
    )


def _wish(
    model: Any, where: str, root: str, settings: Settings, environ: Mapping[str, str], secrets_inside: bool
) -> Wish:
    known(model, _MODEL_KEYS, where)
    name = str(model.get("id") or "")
    model_id(name, f"{where}.id")
    endpoints = _endpoints(model, where, settings, environ, secrets_inside)
    revision = str(model.get("revision") or DEFAULT_REVISIONS[endpoints[0].hub])
    problem = revision_problem(revision)
    if problem:
        raise BadSpec(f"{where}.revision {revision!r} {problem}", "Write revision: master, a tag, or a commit")
    snapshot = Snapshot(root, name, choice(model, "type", TYPES, "model", where), revision)
    for endpoint in endpoints:
        if endpoint.hub == "directory" and _holds(endpoint.source, snapshot.files):
            raise BadSpec(
                f"{where}.source {endpoint.source!r} holds {snapshot.files}, which is to be filled from it",
                "Name the directory that has the model's files and is no part of this model's cache",
            )
    return Wish(
        snapshot,
        patterns(model, "include", where),
        patterns(model, "exclude", where),
        endpoints,
    )


def _holds(directory: str, path: str) -> bool:
    directory = os.path.realpath(directory)
    return os.path.commonpath((directory, os.path.realpath(path))) == directory


def _endpoints(
    model: Mapping[str, Any], where: str, settings: Settings, environ: Mapping[str, str], secrets_inside: bool
) -> tuple[Endpoint, ...]:
    """`endpoints` is a list of addresses, or of objects that override the model's own settings."""
    chain = model.get("endpoints") or [{}]
    if not isinstance(chain, Sequence) or isinstance(chain, str):
        raise BadSpec(
            f"{where}.endpoints is not a list", "Write endpoints: [http://hub:8099, https://www.modelscope.cn]"
        )
    common = {key: model[key] for key in _ENDPOINT_KEYS if model.get(key) not in (None, "")}
    found = []
    for index, entry in enumerate(chain):
        at = f"{where}.endpoints[{index}]" if model.get("endpoints") else where
        own = {"endpoint": entry} if isinstance(entry, str) else entry
        known(own, _ENDPOINT_KEYS - {"token"}, at)
        found.append(_endpoint({**common, **own}, at, settings, environ, secrets_inside))
    return tuple(found)


def _endpoint(
    entry: Mapping[str, Any], where: str, settings: Settings, environ: Mapping[str, str], secrets_inside: bool
) -> Endpoint:
    hub = choice(entry, "hub", KINDS, "modelscope", where)
    source = str(entry.get("source") or "")
    if hub == "directory" and not os.path.isabs(source):
        raise BadSpec(f"{where}.source {source!r} is not an absolute path", "Write source: /mnt/usb/model")
    address, proxy = str(entry.get("endpoint") or ""), str(entry.get("proxy") or "")
    if address and hub != "directory":
        _checked(f"{where}.endpoint", lambda: check_address(address))
    if source and hub == "mirror":
        _checked(f"{where}.source", lambda: check_address(source))
    if proxy:
        _checked(f"{where}.proxy", lambda: proxy_for("http://hub", proxy, {}))
    return Endpoint(
        hub,
        address,
        _token(entry, where, environ, secrets_inside),
        source,
        settings._replace(ca_file=str(entry.get("ca_file") or ""), proxy=proxy),
        flag(entry, "lan", where),
    )


def _checked(where: str, check: Callable[[], object]) -> None:
    try:
        check()
    except BadSetting as error:
        raise BadSpec(f"{where}: {error.message}", error.next_step) from error


def _token(entry: Mapping[str, Any], where: str, environ: Mapping[str, str], secrets_inside: bool) -> str:
    """A token that fits into a header; what is wrong with one is told without it."""
    token = _told_token(entry, where, environ, secrets_inside)
    if not all("!" <= char <= "~" for char in token):
        raise BadSpec(
            f"the token of {where} holds a space, a line break or a character outside ASCII", "Copy it again, alone"
        )
    return token


def _told_token(entry: Mapping[str, Any], where: str, environ: Mapping[str, str], secrets_inside: bool) -> str:
    if entry.get("token"):
        if not secrets_inside:
            raise BadSpec(f"{where}.token is a secret in a file", "Use token_file or token_env")
        return str(entry["token"]).strip()
    if entry.get("token_env"):
        name = str(entry["token_env"])
        if not environ.get(name):
            raise BadSpec(f"{where}.token_env {name!r} is not set", "Set the variable, or leave token_env out")
        return environ[name].strip()
    path = str(entry.get("token_file") or "")
    if not path:
        return ""
    try:
        with open(path, encoding="utf-8") as stream:
            token = stream.read().strip()
    except (OSError, ValueError) as error:
        raise BadSpec(f"{where}.token_file {path} cannot be read: {error}", "Check the path and its rights") from error
    if not token:
        raise BadSpec(f"{where}.token_file {path} is empty", "Put the token into it")
    return token


def _distinct(wishes: Sequence[Wish]) -> None:
    seen: dict[str, Wish] = {}
    for wish in wishes:
        key = wish.snapshot.files.casefold()
        if key in seen:
            raise BadSpec(
                f"models lists {wish.snapshot.kind} {wish.snapshot.id} at {wish.snapshot.revision} twice",
                "Merge the two entries",
            )
        seen[key] = wish
