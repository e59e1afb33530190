"""Models seeded on a real cluster: ended in the middle, joined, verified, unchanged, and the ways in which it fails."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cluster_of_tests import Place, place
from tests.lab.end_while_seeding import end

__all__ = ["place"]

pytestmark = pytest.mark.lab

SIZE = 24_000_000


@pytest.fixture
def model(place: Place) -> Iterator[dict[str, Any]]:
    """A model of random bytes on the lab's hub, known to no other test."""
    folder = Path(place.facts["root"]) / "hub" / place.namespace / "tiny"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(os.urandom(SIZE))
    yield {"id": f"{place.namespace}/tiny", "endpoint": "http://hub.lab:8099"}
    shutil.rmtree(folder.parent)


def test_ended_joined_unchanged_verified(place: Place, model: dict[str, Any]) -> None:
    wish = {"model_cache_volume": "models", "model_cache_models": [model], "model_cache_rate_limit": "1MiB/s"}
    run = place.start(**wish)
    job = place.wait(lambda: next((job for job in place.jobs() if (job.get("status") or {}).get("ready")), None))
    end(run.pid)
    run.wait()

    joined = place.seed(**wish)
    assert (joined.code, joined.changed) == (0, 1), joined.text
    assert [each["metadata"]["uid"] for each in place.jobs()] == [job["metadata"]["uid"]], "a second Job was made"

    runs = []
    assert place.writes(lambda: runs.append(place.seed(**wish))) == []
    assert (runs[0].code, runs[0].changed) == (0, 0), runs[0].text
    assert place.writes(lambda: runs.append(place.seed("--check", "--diff", **wish))) == []
    assert (runs[1].code, runs[1].changed) == (0, 0), runs[1].text

    checked = place.seed(**wish, model_cache_verify="full")
    assert (checked.code, checked.changed) == (0, 0), checked.text


def test_two_runs_started_together_share_a_job_that_passes_pod_security_restricted(
    place: Place, model: dict[str, Any]
) -> None:
    wish = {"model_cache_volume": "models", "model_cache_models": [model], "model_cache_rate_limit": "8MiB/s"}
    other = place.start(**wish)
    run = place.seed(**wish)
    told, _nothing = other.communicate(timeout=120)
    assert (run.code, other.returncode) == (0, 0), run.text + told
    assert len(place.jobs()) == 1
    namespace = place.cluster.get("v1", "Namespace", place.namespace)
    assert namespace is not None
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_cache_models": [{"id": "nobody/nothing", "endpoint": "http://hub.lab:8099"}]}, "nobody/nothing"),
        ({"model_cache_image": "lab.registry/python:none"}, "Check the image's name and tag"),
        ({"model_cache_node_selector": {"no": "node"}, "model_cache_start_timeout": 3}, "finds no node"),
        ({"model_cache_resources": {"limits": {"memory": "9000Gi"}}, "model_cache_start_timeout": 3}, "finds no node"),
        ({"model_cache_volume": "other"}, "does not exist. Name it under storage_claims"),
        ({"model_cache_rate_limit": "300"}, "Write 300Mbit/s"),
    ],
)
def test_failures_say_what_to_do(place: Place, model: dict[str, Any], change: dict[str, Any], words: str) -> None:
    run = place.seed(**{"model_cache_volume": "models", "model_cache_models": [model], **change})
    assert run.code == 2
    assert words in " ".join(run.text.split())
    assert "Traceback" not in run.text


def test_what_was_done_before_a_failure_is_recorded(place: Place, model: dict[str, Any]) -> None:
    reports = place.folder / "reports"
    nothing = {"id": "nobody/nothing", "endpoint": model["endpoint"]}
    wish = {"model_cache_volume": "models", "model_cache_models": [model, nothing]}
    run = place.seed(**wish, model_cache_report_dir=str(reports))
    assert run.code == 2, run.text
    record, plot = sorted(reports.iterdir())
    told = json.loads(record.read_text())
    assert (told["models"], plot.suffix) == ([], ".svg")
    assert "nobody/nothing" in told["error"]
    assert "model.safetensors" in [file["path"] for file in told["history"]["files"]]


def test_a_corrected_wish_converges_after_a_failure(place: Place, model: dict[str, Any]) -> None:
    wish = {"model_cache_volume": "models", "model_cache_models": [model]}
    assert place.seed(**wish, model_cache_image="lab.registry/python:none").code == 2
    again = place.seed(**wish)
    assert again.code == 0, again.text
    assert len(place.jobs()) == 1
