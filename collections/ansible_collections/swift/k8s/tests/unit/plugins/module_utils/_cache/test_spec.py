# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""From a document to wishes: every mistake is named with its key, its value and what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cache.errors import BadSpec
from ansible_collections.swift.k8s.plugins.module_utils._cache.spec import Spec, parse

MODEL = {"id": "Qwen/Qwen2.5-7B"}


def parsed(document: dict[str, Any] | None = None, environ: dict[str, str] | None = None, **model: Any) -> Spec:
    return parse({"root": "/data", "models": [{**MODEL, **model}], **(document or {})}, environ or {})


def test_the_smallest_spec_and_its_defaults() -> None:
    spec = parsed()
    wish = spec.wishes[0]
    assert (wish.snapshot.revision, wish.snapshot.kind, wish.endpoints[0].hub) == ("master", "model", "modelscope")
    assert (spec.limit.given, spec.workers, spec.reserve, spec.verify) == (False, 4, 2**30, "stat")
    assert wish.snapshot.link == "/data/models/Qwen/Qwen2.5-7B"


@pytest.mark.parametrize(("given", "bytes_free"), [(0, 0), ("0", 0), ("5MiB", 5 << 20), (None, 1 << 30), ("", 1 << 30)])
def test_a_reserve_of_nothing_counts(given: Any, bytes_free: int) -> None:
    assert parsed({"reserve": given}).reserve == bytes_free


@pytest.mark.parametrize(
    "source", ["", "/models", "/models/Qwen--Qwen2.5-7B/", "/models/Qwen--Qwen2.5-7B/snapshots", "/l"]
)
def test_a_cache_is_not_filled_from_itself(tmp_path: Path, source: str) -> None:
    (tmp_path / "l").symlink_to(tmp_path)
    with pytest.raises(BadSpec, match="which is to be filled from it"):
        parsed({"root": str(tmp_path)}, hub="directory", source=f"{tmp_path}{source}")


@pytest.mark.parametrize("source", ["/data/import/qwen", "/data/models/Qwen--Qwen2.5-7B/snapshots/master"])
def test_a_cache_may_be_filled_from_another_directory_on_its_volume(source: str) -> None:
    assert parsed(hub="directory", source=source).wishes[0].endpoints[0].source == source


@pytest.mark.parametrize(
    ("hub", "revision"),
    [("modelscope", "master"), ("huggingface", "main"), ("mirror", "master"), ("directory", "local")],
)
def test_each_hub_has_its_own_main_branch(hub: str, revision: str) -> None:
    source = "/usb" if hub == "directory" else "https://usb"
    assert parsed(hub=hub, source=source).wishes[0].snapshot.revision == revision


def test_endpoints_inherit_and_override() -> None:
    chain = ["http://hub:8099", {"hub": "mirror", "endpoint": "https://m", "ca_file": "/ca"}]
    first, second = parsed(hub="huggingface", ca_file="/own", endpoints=chain).wishes[0].endpoints
    assert (first.hub, first.address, first.settings.ca_file) == ("huggingface", "http://hub:8099", "/own")
    assert (second.hub, second.address, second.settings.ca_file) == ("mirror", "https://m", "/ca")


def test_tokens_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t2\n")
    assert parsed(environ={"T": "t1"}, token_env="T").wishes[0].endpoints[0].token == "t1"
    assert parsed(token_file=str(tmp_path / "token")).wishes[0].endpoints[0].token == "t2"
    inside = {"root": "/data", "models": [{**MODEL, "token": "t3"}]}
    assert parse(inside, {}, secrets_inside=True).wishes[0].endpoints[0].token == "t3"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"root": "data"}, "root 'data' is not an absolute path"),
        ({"root": None}, "root '' is not an absolute path"),
        ({"rate_limits": "1MB/s"}, "spec has the unknown key 'rate_limits'. Did you mean rate_limit?"),
        ({"models": {}}, "models is not a list"),
        ({"models": ["Qwen/x"]}, "models[0] is not an object"),
        ({"rate_limit": "40"}, "rate '40'"),
        ({"rate_limit": 0}, "rate '0' is not understood. Write 40Mbit/s"),
        ({"rate_schedule": [{"limit": "x"}]}, "rate 'x'"),
        ({"rate_scope": "../x"}, "rate_scope '../x' is not a word"),
        ({"reserve": "lots"}, "size 'lots'"),
        ({"workers": 0}, "workers 0 is not a number of at least 1"),
        ({"workers": True}, "workers True"),
        ({"workers": float("nan")}, "workers nan"),
        ({"attempts": float("inf")}, "attempts inf"),
        ({"stall_timeout": "1m"}, "stall_timeout '1m'"),
        ({"verify": "all"}, "spec.verify 'all' is not known. Write one of stat, sample, full"),
        ({"models": [MODEL, MODEL]}, "lists model Qwen/Qwen2.5-7B at master twice"),
        ({"models": [MODEL, {"id": "qwen/qwen2.5-7b"}]}, "twice"),
    ],
)
def test_mistakes_of_the_spec(document: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSpec) as caught:
        parsed(document)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"id": ""}, "models[0].id '' is not organisation/name"),
        ({"id": "gpt2"}, "models[0].id 'gpt2' is not organisation/name"),
        ({"id": "../x"}, "is not organisation/name"),
        ({"id": "a/b/c"}, "is not organisation/name"),
        ({"id": "a/b\n"}, "is not organisation/name"),
        ({"id": "a--b/c"}, "has '--' in its organisation"),
        ({"revision": "../main"}, "models[0].revision '../main' is not a branch, tag or commit"),
        ({"revision": "a b"}, "is not a branch"),
        ({"revision": "main\n"}, "is not a branch"),
        ({"type": "space"}, "models[0].type 'space' is not known"),
        ({"hub": "github"}, "models[0].hub 'github' is not known"),
        ({"hubs": "x"}, "Did you mean hub?"),
        ({"include": "*.json"}, "models[0].include '*.json' is not a list of patterns"),
        ({"endpoints": "http://x"}, "models[0].endpoints is not a list"),
        ({"endpoints": [{"url": "x"}]}, "models[0].endpoints[0] has the unknown key 'url'"),
        ({"endpoints": [{"token": "secret"}]}, "models[0].endpoints[0] has the unknown key 'token'"),
        ({"hub": "directory"}, "models[0].source '' is not an absolute path"),
        ({"lan": "false"}, "models[0].lan 'false' is not true or false"),
        ({"endpoint": "hub.corp"}, "models[0].endpoint: address 'hub.corp' is not http:// or https:// with a host"),
        ({"endpoint": "https://hub.corp/x?token=secret"}, "the address of hub.corp has a query"),
        ({"endpoint": "https://me:secret@hub.corp"}, "the address of hub.corp holds a user or a password"),
        ({"endpoint": "https://me:se/secret@hub.corp"}, "models[0].endpoint: address 'hub.corp' cannot be parsed"),
        ({"hub": "mirror", "source": "/mnt/usb"}, "models[0].source: address '/mnt/usb' is not http://"),
        ({"endpoints": ["https://[::1"]}, "models[0].endpoints[0].endpoint: address 'https://[::1' cannot be parsed"),
        ({"proxy": "http://me:secret@proxy:port"}, "models[0].proxy: the proxy's host or port cannot be parsed"),
        ({"proxy": "socks5://proxy"}, "models[0].proxy: proxy socks5://proxy is not usable"),
        ({"token": "secret"}, "models[0].token is a secret in a file"),
        ({"endpoint": f"http://{'a' * 64}.corp"}, "cannot be parsed"),
        ({"token_env": "ABSENT"}, "models[0].token_env 'ABSENT' is not set"),
        ({"token_file": "/nowhere"}, "models[0].token_file /nowhere cannot be read"),
    ],
)
def test_mistakes_of_a_model(model: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSpec) as caught:
        parsed(**model)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value).replace("is a secret in a file", "")


@pytest.mark.parametrize("token", ["sec\nret", "sec ret", "s\u00e9cret", "sec\x00ret"])
def test_a_token_that_fits_no_header_is_told_without_it(token: str) -> None:
    with pytest.raises(BadSpec, match="holds a space, a line break") as caught:
        parse({"root": "/data", "models": [{**MODEL, "token": token}]}, {}, secrets_inside=True)
    assert token not in str(caught.value)
    inside = {"root": "/data", "models": [{**MODEL, "token": "t3\n"}]}
    assert parse(inside, {}, secrets_inside=True).wishes[0].endpoints[0].token == "t3"


def test_an_empty_token_file_is_not_no_token(tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    with pytest.raises(BadSpec, match="is empty"):
        parsed(token_file=str(tmp_path / "token"))
