"""Seeding in the lab: an unchanged run over 20 models of 2,000 files, and bytes over the link for caches on all nodes
and for two clusters of one site.

usage: bench_seed.py     needs the lab (LAB_NODES=4 make lab-up for four nodes); about three minutes
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._seed.arguments import ARGUMENTS
from ansible_collections.swift.k8s.plugins.module_utils._seed.run import run
from figures import Figure, save

from tests.lab.cluster_of_tests import Place
from tests.lab.target import lab_facts
from tests.lab.test_seed_nodes import on
from tests.lab.test_seed_site import SIZE, Site

COMMAND = "python bench/bench_seed.py"
MODELS, FILES, WEIGHTS = 20, 100, 24_000_000


def put(place: Place, name: str, files: dict[str, int]) -> dict[str, str]:
    """A model of random bytes on the lab's hub."""
    folder = Path(place.facts["root"]) / "hub" / place.namespace / name
    folder.mkdir(parents=True)
    for path, size in files.items():
        (folder / path).write_bytes(os.urandom(size))
    return {"id": f"{place.namespace}/{name}", "endpoint": "http://hub.lab:8099"}


def unchanged(place: Place) -> Figure:
    """Seconds in the module of a run that finds everything done."""
    small = {f"{number}.json": 100 for number in range(FILES)}
    models = [put(place, f"m{number}", small) for number in range(MODELS)]
    seeded = place.seed(model_cache_volume="models", model_cache_models=models)
    assert seeded.code == 0, seeded.text
    defaults = {name: option.get("default") for name, option in ARGUMENTS.items()}
    listed = [{**_model_defaults(), **model} for model in models]
    own = {"volume": "models", "namespace": place.namespace, "models": listed, "image": "lab.registry/python:3.11"}
    best = min(_timed({**defaults, **own, "kubeconfig": place.facts["kubeconfig"]}) for _round in range(5))
    what = f"unchanged run in the module, {MODELS} models, {MODELS * FILES} files, connection included"
    return Figure("seed-unchanged", what, round(best, 3), "s", "<= 1", best <= 1, command=COMMAND)


def _model_defaults() -> dict[str, Any]:
    return {name: option.get("default") for name, option in ARGUMENTS["models"]["options"].items()}


def _timed(params: dict[str, Any]) -> float:
    begin = time.perf_counter()
    result = run(connect(params), params, check_mode=False)
    assert not result["changed"], result
    return time.perf_counter() - begin


def once(place: Place) -> Figure:
    """Bytes that the hub sent, by the bytes of the model, when every real node of the lab has it."""
    nodes = place.facts["nodes"]
    directory = f"/var/lib/{place.namespace}"
    model = put(place, "big", {"model.safetensors": WEIGHTS})
    for node in nodes:
        on(node, "mkdir", "-m", "0777", directory)
    try:
        local = {"path": directory, "nodes": nodes, "shared_path": True}
        claims = [{"name": "local", "size": "1Gi", "local": local}]
        wish = {"storage_claims": claims, "model_cache_volume": "local", "model_cache_nodes": nodes}
        seeded = place.seed(**wish, model_cache_models=[model])
        assert seeded.code == 0, seeded.text
    finally:
        for node in nodes:
            on(node, "rm", "-rf", directory)
    with urllib.request.urlopen(f"{place.facts['hub']}/_stats") as answer:
        sent = json.load(answer)["repositories"][model["id"]]["bytes"]
    what = f"bytes over the link by bytes of the model, caches on {len(nodes)} nodes"
    return Figure("seed-link", what, round(sent / WEIGHTS, 4), "x", "<= 1.01", sent / WEIGHTS <= 1.01, command=COMMAND)


def town(folder: Path) -> Figure:
    """Bytes that the hub sent, by the bytes of the model, when two clusters of one site have it."""
    site = Site(lab_facts(), folder)
    try:
        model = site.publish("shared")
        wish = {"model_cache_site": "town", "model_cache_site_hub": site.hub(), "model_cache_site_seeder": "one"}
        seeded = site.seed(**wish, model_cache_volume="models", model_cache_models=[model])
        assert seeded.code == 0, seeded.text
        assert site.taken_from(model).startswith("mirror "), seeded.text
        ratio = site.sent(model["id"]) / SIZE
    finally:
        site.clear()
    what = "bytes over the link by bytes of the model, two clusters of one site (namespaces of one lab act as clusters)"
    return Figure("seed-site", what, round(ratio, 4), "x", "<= 1.01", ratio <= 1.01, command=COMMAND)


def main() -> None:
    """All figures, in namespaces that are removed again."""
    facts = lab_facts()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(facts, Path(folder))
        try:
            save("seed", [unchanged(place), once(place), town(Path(folder))])
        finally:
            place.clear()
            shutil.rmtree(Path(facts["root"]) / "hub" / place.namespace, ignore_errors=True)


if __name__ == "__main__":
    main()
