"""What the engine is told, and what makes a Job another Job."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._seed import wish
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import SeedError

from .wishes import model, params


def parsed(**more: Any) -> wish.Wish:
    return wish.parse(params(**more))


def test_the_engine_takes_the_spec_as_it_is() -> None:
    wish.validate(parsed(rate_limit="300Mbit/s", rate_schedule=[{"days": "mon-fri", "limit": "1MiB/s"}]))


def test_secrets_and_sources_are_paths_in_the_pod() -> None:
    told = wish.engine_models(
        parsed(
            models=[
                model(token_secret="hf", token_key="t", ca_config_map="corp"),
                model(id="org/b", hub="directory", source="/x/b", source_claim="usb"),
            ]
        )
    )
    assert told[0]["token_file"] == "/run/secrets/swift-k8s/hf/t"
    assert told[0]["ca_file"] == "/run/ca/corp/ca.crt"
    assert told[1]["source"] == "/sources/usb/x/b"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"models": [model(), model()]}, "model:org/tiny is listed twice"),
        ({"models": [model(endpoint="https://u:hunter2@hub.corp")]}, "has credentials in the address of hub.corp"),
        ({"models": [model(proxy="http://u:hunter2@proxy.corp")]}, "has credentials in the address of proxy.corp"),
        ({"models": [model(endpoint="https://hunter2@hub.corp/x")]}, "has credentials in the address of hub.corp"),
        ({"models": [model(proxy="u:hunter2@proxy.corp:3128")]}, "has credentials in the address of proxy.corp:3128"),
        ({"models": [model(endpoint="http://[::1")]}, "cannot be parsed"),
        ({"models": [model(proxy="http://proxy:port")]}, "proxy's host or port cannot be parsed"),
        ({"models": [model(id="tiny")]}, "is not organisation/name"),
        ({"models": [model(hub="directory", source="/mnt/usb")]}, "which a pod cannot see"),
        ({"rate_limit": "300"}, "Write 300Mbit/s"),
        ({"rate_schedule": [{"limit": "1MiB/s", "days": "someday"}]}, "is not a day"),
        ({"rate_schedule": [{"limit": "1MiB/s", "timezone": "UTC+77"}]}, "is no offset of any place"),
        ({"reserve": "much"}, "is not understood"),
    ],
)
def test_wrong_wishes_are_refused_before_anything_is_made(more: dict[str, Any], words: str) -> None:
    with pytest.raises(SeedError, match=words) as caught:
        wish.validate(parsed(**more))
    assert "hunter2" not in str(caught.value)


BASE = parsed()


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (parsed(rate_limit="1MiB/s"), True),
        (parsed(image="other"), True),
        (parsed(models=[model(revision="v2")]), False),
        (parsed(models=[model(), model(id="org/b")]), False),
        (parsed(rate_schedule=[{"limit": "1MiB/s"}]), False),
        (parsed(verify="full"), False),
    ],
)
def test_digest(other: wish.Wish, same: bool) -> None:
    assert (wish.digest(BASE, "uid") == wish.digest(other, "uid")) is same


def test_digest_of_another_claim_of_the_same_name_differs() -> None:
    assert wish.digest(BASE, "uid") != wish.digest(BASE, "uid2")


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"proxy": "http://p"}, True),
        ({"revision": "v1"}, False),
        ({"include": ["*"]}, False),
        ({"endpoint": "x"}, False),
    ],
)
def test_fingerprint_changes_with_what_could_bring_other_files(change: dict[str, Any], same: bool) -> None:
    assert (wish.fingerprint(model()) == wish.fingerprint(model(**change))) is same
