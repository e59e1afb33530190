"""Two clusters of one site: the link carries each byte once, in one run and in runs apart; a dead hub is passed over.

Two namespaces of the lab act as two clusters: each has its claim, Jobs, record and Lease, and they share no volume.
What they share besides the link is the API server, which seeding uses for nothing across namespaces.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cluster_of_tests import Place
from tests.lab.target import lab_facts

pytestmark = pytest.mark.lab

SIZE = 6_000_000
PORT = 30899


class Site(Place):
    """An inventory of two clusters, of which `one` fetches and serves."""

    def inventory(self, **variables: Any) -> Path:
        path = super().inventory(**variables)
        document = json.loads(path.read_text(encoding="utf-8"))
        document["all"]["hosts"] = {"one": None, "two": {"swift_k8s_namespace": f"{self.namespace}-two"}}
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def hub(self, port: int = PORT) -> str:
        """An address of the first node, as pods reach it."""
        node = self.cluster.get("v1", "Node", "lab-0") or {}
        address = next(each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP")
        return f"http://{address}:{port}"

    def publish(self, name: str) -> dict[str, Any]:
        """A model of random bytes on the lab's hub."""
        folder = Path(self.facts["root"]) / "hub" / self.namespace / name
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(os.urandom(SIZE))
        return {"id": f"{self.namespace}/{name}", "endpoint": "http://hub.lab:8099"}

    def taken_from(self, model: dict[str, Any]) -> str:
        """Where the second cluster has a model from, as its record says."""
        name = ("ConfigMap", "swift-k8s-seeded-models", f"{self.namespace}-two")
        record = json.loads((self.cluster.get("v1", *name) or {})["data"]["record.json"])
        return str(record["models"][f"model:{model['id']}"]["hub"])

    def clear(self) -> None:
        super().clear()
        other = Place(self.facts, self.folder)
        other.namespace = f"{self.namespace}-two"
        other.clear()
        shutil.rmtree(Path(self.facts["root"]) / "hub" / self.namespace, ignore_errors=True)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site(lab_facts(), tmp_path)
    yield found
    found.clear()


def test_the_link_carries_each_byte_once(site: Site) -> None:
    first, second, third = (site.publish(name) for name in ("first", "second", "third"))
    wish = {
        "model_cache_volume": "models",
        "model_cache_site": "town",
        "model_cache_site_kubeconfig": site.facts["kubeconfig"],
        "model_cache_site_namespace": site.namespace,
        "model_cache_site_hub": site.hub(),
        "model_cache_site_seeder": "one",
        "model_cache_rate_limit": "8MiB/s",
    }
    apart = site.seed("--limit", "one", **wish, model_cache_models=[first])
    assert (apart.code, site.sent(first["id"])) == (0, SIZE), apart.text

    both = {**wish, "model_cache_models": [first, second]}
    run = site.seed(**both)
    assert run.code == 0, run.text
    assert (site.sent(first["id"]), site.sent(second["id"])) == (SIZE, SIZE)
    assert {site.taken_from(first), site.taken_from(second)} == {f"mirror {site.hub()}"}

    runs = []
    assert site.writes(lambda: runs.append(site.seed(**both))) == []
    assert runs[0].code == 0, runs[0].text

    dead = {**wish, "model_cache_site_hub": site.hub(PORT - 1), "model_cache_models": [first, second, third]}
    passed_over = site.seed("--limit", "two", **dead)
    assert passed_over.code == 0, passed_over.text
    assert "cannot be reached: Connection refused" in " ".join(passed_over.text.split()), passed_over.text
    assert site.taken_from(third) == "modelscope http://hub.lab:8099"
