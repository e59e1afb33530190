"""Facts of a cluster with a zoo of 1,000 nodes: seconds, memory and requests of one cluster_info."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from figures import Figure, save
from lab_run import BUILD, CHECKOUT, lab

NODES = 1000
ROUNDS = 3
COMMAND = "python bench/bench_facts.py"
# In a process of its own, as in a module, so that the memory is that of one execution.
PROBE = """
import json, resource, sys, time
started = time.monotonic()
from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import connect
from ansible_collections.swift.k8s.plugins.module_utils._facts.gather import gather
cluster = connect({"kubeconfig": sys.argv[1]})
facts = gather(cluster)
json.dump({
    "seconds": time.monotonic() - started,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "requests": sum(cluster.requests.values()),
    "size": len(json.dumps(facts)) / 2**20,
    "nodes": len(facts["nodes"]),
}, sys.stdout)
"""


def probe() -> dict[str, float]:
    """One gathering."""
    kubeconfig = str(BUILD / os.environ.get("LAB_NAME", "lab") / "kubeconfig")
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "collections")}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, kubeconfig], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> int:
    """Measure the best of a few rounds, since the machine is shared; the zoo is removed again."""
    few = probe()
    try:
        lab("lab", "nodes", "--zoo", str(NODES))
        best = min((probe() for _round in range(ROUNDS)), key=lambda found: found["seconds"])
    finally:
        lab("lab", "nodes", "--no-zoo")
    seconds, memory = round(best["seconds"], 2), round(best["memory"])
    what = f"cluster_info with {best['nodes']:.0f} nodes"
    peers = {f"with {few['nodes']:.0f} nodes": round(few["seconds"], 2)}
    figures = [
        Figure("seconds", f"{what}, client import included", seconds, "s", "<= 3", seconds <= 3, peers, COMMAND),
        Figure("memory", f"{what}: peak of the process", memory, "MiB", "<= 200", memory <= 200, {}, COMMAND),
        Figure("requests", f"{what}: requests", best["requests"], "", "-", None, {}, COMMAND),
        Figure("size", f"{what}: size of the result", round(best["size"], 2), "MiB", "-", None, {}, COMMAND),
    ]
    print(save("facts", figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
