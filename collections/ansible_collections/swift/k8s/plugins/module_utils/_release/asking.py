# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The first answer: a revision that is ready is asked as its callers would ask it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._probe import options, probe
from . import front
from .errors import RefusedError
from .objects import Key, Object
from .options import Wanted

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster


def checked(wanted: Wanted, service: str) -> dict[str, Any]:
    """How one Service is asked. Raises RefusedError for options that the probe has not."""
    try:
        return options.complete({**wanted.probe, "name": service, "namespace": wanted.namespace, "service": service})
    except ValueError as error:
        raise RefusedError(
            f"release {wanted.title}: probe: {error}; see the options of swift.k8s.openai_probe"
        ) from error


def possible(wanted: Wanted, declared: Mapping[Key, Object]) -> None:
    """Raises RefusedError where a release that is to be asked could not be."""
    if wanted.probe and wanted.wait:
        checked(wanted, str(front.service_of(wanted.title, declared)["metadata"]["name"]))


def ask(cluster: Cluster, wanted: Wanted, declared: Mapping[Key, Object]) -> str:
    """What is wrong with the answers; empty where all are right, or nothing is to be asked."""
    if not wanted.probe:
        return ""
    service = front.service_of(wanted.title, declared)
    answer = probe.run([checked(wanted, str(service["metadata"]["name"]))], lambda: cluster)[0]
    return "" if answer["ok"] else str(answer["message"])
