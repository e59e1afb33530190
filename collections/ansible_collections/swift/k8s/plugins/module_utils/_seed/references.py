# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What a Job's pod mounts by name. It is looked for before the Job is made: a pod that misses one waits for ever."""

from __future__ import annotations

from typing import NamedTuple

from .._cluster.errors import Forbidden
from .._cluster.reader import Reader
from .errors import SeedError
from .objects import named, site_tokens
from .wish import Wish


class Reference(NamedTuple):
    """An object in the Job's namespace, and the option that names it."""

    kind: str
    name: str
    option: str


def references(wish: Wish) -> list[Reference]:
    """Everything but the volume itself, which is looked at first (pure)."""
    kinds = {"token_secret": "Secret", "ca_config_map": "ConfigMap", "source_claim": "PersistentVolumeClaim"}
    site = [Reference("Secret", name, "site_token_secret") for name in site_tokens(wish)]
    return [Reference(kind, name, option) for option, kind in kinds.items() for name in named(wish, option)] + site


def check(cluster: Reader, wish: Wish) -> None:
    """Fail where one is not there."""
    for each in references(wish):
        if not _there(cluster, wish.namespace, each):
            raise SeedError(
                f"{wish} is not seeded: {each.kind} {wish.namespace}/{each.name} does not exist. "
                f"Create it, or correct {each.option}."
            )


def _there(cluster: Reader, namespace: str, reference: Reference) -> bool:
    """Whoever may not read Secrets may still seed with one."""
    try:
        return cluster.get("v1", reference.kind, reference.name, namespace) is not None
    except Forbidden:
        return True
