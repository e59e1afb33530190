"""Claims on a real cluster: made, unchanged, refused, shared with a second namespace, given up and taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.lab.cluster_of_tests import Place, place

__all__ = ["place"]

pytestmark = pytest.mark.lab

MODELS = {"name": "models", "size": "1Gi", "storage_class": "shared"}


def claim(place: Place, namespace: str = "") -> dict[str, Any]:
    found = place.cluster.get("v1", "PersistentVolumeClaim", "models", namespace or place.namespace)
    assert found is not None
    return found


def test_made_and_unchanged(place: Place) -> None:
    assert place.seed().changed == 1
    assert claim(place)["status"]["phase"] == "Bound"
    volume = place.cluster.get("v1", "PersistentVolume", claim(place)["spec"]["volumeName"])
    assert volume is not None
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    runs = []
    assert place.writes(lambda: runs.append(place.seed())) == []
    assert runs[0].changed == 0


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"access_modes": ["ReadWriteOncePod"]}, "exists with access mode ReadWriteMany, wanted ReadWriteOncePod"),
        ({"size": "2Gi"}, "class shared does not allow volumes to grow"),
        ({"storage_class": "other"}, "The class of a claim cannot change"),
    ],
)
def test_what_cannot_change_is_explained(place: Place, wish: dict[str, Any], words: str) -> None:
    assert place.seed().code == 0
    run = place.seed(storage_claims=[{**MODELS, **wish}])
    assert run.code == 2
    assert words in " ".join(run.text.split())


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"nfs": {"server": "nas", "path": "/models"}}, "the CSI driver nfs.csi.k8s.io, which the cluster has not"),
        ({"oss": {"bucket": "b", "url": "oss"}}, "Next: install alibaba-cloud-csi-driver"),
    ],
)
def test_a_driver_that_is_not_there_is_said_before_anything_is_made(
    place: Place, source: dict[str, Any], words: str
) -> None:
    run = place.seed(storage_claims=[{"name": "far", "size": "1Gi", **source}])
    assert run.code == 2
    assert words in " ".join(run.text.split())
    assert place.cluster.get("v1", "PersistentVolumeClaim", "far", place.namespace) is None


def test_given_up_and_taken_back(place: Place) -> None:
    place.seed()
    volume = claim(place)["spec"]["volumeName"]
    assert place.seed(storage_claims=[{**MODELS, "state": "absent"}]).changed == 1
    assert place.seed(storage_claims=[{**MODELS, "state": "absent"}]).changed == 0
    back = place.seed()
    assert (back.code, back.changed) == (0, 1), back.text
    assert claim(place)["spec"]["volumeName"] == volume


def test_one_volume_in_two_namespaces(place: Place) -> None:
    place.seed()
    other = f"{place.namespace}-b"
    twin = {"name": "models", "namespace": other, "shared_from": {"name": "models", "namespace": place.namespace}}
    try:
        run = place.seed(storage_claims=[MODELS, {**twin, "size": "1Gi"}])
        assert (run.code, run.changed) == (0, 1), run.text
        assert claim(place, other)["status"]["phase"] == "Bound"
        assert place.seed(storage_claims=[MODELS, {**twin, "size": "1Gi"}]).changed == 0
        assert place.seed(storage_claims=[MODELS, {**twin, "state": "absent"}]).changed == 1
        assert place.cluster.get("v1", "PersistentVolume", f"swift-k8s-{other}-models") is None
    finally:
        place.cluster.delete("v1", "Namespace", other)


def test_speed_is_measured(place: Place) -> None:
    label = "app.kubernetes.io/managed-by=swift-k8s"
    run = place.seed(storage_probe_claims=["models"], storage_probe_mebibytes=16)
    assert run.code == 0, run.text
    told = re.search(r"/models: writes ([\d.]+) MiB/s, reads ([\d.]+) MiB/s", run.text)
    assert told
    assert min(map(float, told.groups())) > 0
    assert place.cluster.list("v1", "Pod", namespace=place.namespace, label_selector=label) == []
