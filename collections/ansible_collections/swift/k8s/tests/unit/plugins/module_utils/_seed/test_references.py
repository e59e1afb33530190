"""Objects that a Job's pod mounts by name are looked for before the Job is made."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.swift.k8s.plugins.module_utils._cluster.errors import Forbidden
from ansible_collections.swift.k8s.plugins.module_utils._seed.errors import SeedError
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from ansible_collections.swift.k8s.tests.unit.plugins.module_utils._storage.fake_cluster import FakeCluster

from .test_run import cluster
from .wishes import model, params

SITE = {"site_hub": "http://10.0.0.1:30899", "site_token_secret": "nosuch"}


@pytest.mark.parametrize(
    ("kind", "option", "wish"),
    [
        ("Secret", "token_secret", params(models=[model(token_secret="nosuch")])),
        ("ConfigMap", "ca_config_map", params(models=[model(ca_config_map="nosuch")])),
        (
            "PersistentVolumeClaim",
            "source_claim",
            params(models=[model(hub="directory", source="/m", source_claim="nosuch")]),
        ),
        ("Secret", "site_token_secret", params(**SITE)),
    ],
)
def test_what_is_not_there_is_named_before_anything_is_made(kind: str, option: str, wish: dict[str, Any]) -> None:
    fake = cluster()
    with pytest.raises(SeedError) as caught:
        run(fake, wish, check_mode=False)
    said = f"volume ai/models is not seeded: {kind} ai/nosuch does not exist. Create it, or correct {option}."
    assert (str(caught.value), fake.writes) == (said, [])
    fake.objects[kind, "ai", "nosuch"] = {"kind": kind, "metadata": {"name": "nosuch", "namespace": "ai"}}
    assert run(fake, wish, check_mode=False)["seeding"]


def test_who_may_not_read_secrets_seeds_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, get = cluster(), FakeCluster.get

    def refused(
        self: FakeCluster, api_version: str, kind: str, name: str, namespace: Optional[str] = None
    ) -> Optional[dict[str, Any]]:
        if kind == "Secret":
            raise Forbidden("secrets is forbidden")
        return get(self, api_version, kind, name, namespace)

    monkeypatch.setattr(FakeCluster, "get", refused)
    assert run(fake, params(models=[model(token_secret="hidden")]), check_mode=False)["seeding"]
