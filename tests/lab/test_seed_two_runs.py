"""Two runs for one volume of a real cluster that do not wish the same: both end well, and no byte comes twice."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cluster_of_tests import Place, place
from tests.lab.end_while_seeding import working

__all__ = ["place"]

pytestmark = pytest.mark.lab

#: The first takes longer than a second run needs to come to it, on a busy machine too.
SIZES = {"one": 24_000_000, "two": 2_000_000}
LIMIT = "1MiB/s"


@pytest.fixture
def models(place: Place) -> Iterator[list[dict[str, Any]]]:
    """Two models of random bytes on the lab's hub, known to no other test."""
    folder = Path(place.facts["root"]) / "hub" / place.namespace
    for name, size in SIZES.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "model.safetensors").write_bytes(os.urandom(size))
    yield [{"id": f"{place.namespace}/{name}", "endpoint": "http://hub.lab:8099"} for name in SIZES]
    shutil.rmtree(folder)


def wish(*models: dict[str, Any]) -> dict[str, Any]:
    return {"model_cache_volume": "models", "model_cache_models": list(models), "model_cache_rate_limit": LIMIT}


def recorded(place: Place) -> list[str]:
    found = place.cluster.get("v1", "ConfigMap", "swift-k8s-seeded-models", place.namespace)
    return sorted(json.loads((found or {})["data"]["record.json"])["models"])


def test_a_run_for_another_model_waits_for_the_job_of_the_first(place: Place, models: list[dict[str, Any]]) -> None:
    first = place.start(**wish(models[0]))
    uid = place.wait(lambda: working(place.cluster, place.namespace))
    other = place.seed(**wish(models[1]))
    told, _nothing = first.communicate(timeout=60)
    assert (first.returncode, other.code) == (0, 0), told + other.text
    assert f"brings {models[0]['id']}, which this run does not list" in " ".join(other.text.split())
    assert uid in [job["metadata"]["uid"] for job in place.jobs()]
    assert recorded(place) == [f"model:{model['id']}" for model in models]
    assert [place.sent(model["id"]) for model in models] == list(SIZES.values())


def test_a_run_that_lists_more_takes_the_place_and_the_first_goes_on(
    place: Place, models: list[dict[str, Any]]
) -> None:
    first = place.start(**wish(models[0]))
    place.wait(lambda: working(place.cluster, place.namespace))
    more = place.seed(**wish(*models))
    told, _nothing = first.communicate(timeout=60)
    assert (first.returncode, more.code) == (0, 0), told + more.text
    assert recorded(place) == [f"model:{model['id']}" for model in models]
    # The hub counts what lies in its socket too; all that the first had fetched would be more.
    assert sum(place.sent(model["id"]) for model in models) < sum(SIZES.values()) + (3 << 20)
