"""Every object of a cluster by kind, namespace and name: the same before a deployment and after its teardown.

usage: object_list.py KUBECONFIG             print the list, once what is being removed is gone
       object_list.py KUBECONFIG FILE        compare with a printed list; differences and status 1 where there are any
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "collections"))

from ansible_collections.swift.k8s.plugins.module_utils._cluster.cluster import Cluster, connect

#: What the control plane writes by itself, whoever deploys.
COMINGS_AND_GOINGS = ("Event", "Lease", "EndpointSlice", "Endpoints", "ControllerRevision", "PodMetrics", "NodeMetrics")

SETTLE_SECONDS = 120


def object_list(cluster: Cluster) -> list[str]:
    """Sorted lines, as `ConfigMap ms-swift/config`; namespaces of nodes' own pods included."""
    found = set()
    for api_version in served(cluster):
        path = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        for item in json.loads(cluster.raw("GET", path))["resources"]:
            if "list" not in item.get("verbs", ()) or "/" in item["name"] or item["kind"] in COMINGS_AND_GOINGS:
                continue
            for one in cluster.list(api_version, item["kind"], metadata_only=True):
                metadata = one["metadata"]
                found.add(f"{item['kind']} {metadata.get('namespace', '')}/{metadata['name']}")
    return sorted(found)


def settled(cluster: Cluster) -> bool:
    """Whether nothing that somebody removed before is still on its way out."""
    ending = [one for one in cluster.list("v1", "Namespace") if "deletionTimestamp" in one["metadata"]]
    freed = [one for one in cluster.list("v1", "PersistentVolume") if _freed(one)]
    return not ending and not freed


def _freed(volume: Any) -> bool:
    return volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete" and volume["status"].get("phase") == "Released"


def served(cluster: Cluster) -> list[str]:
    """The preferred version of every group."""
    groups = json.loads(cluster.raw("GET", "/apis"))["groups"]
    return ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]


def main(words: list[str]) -> int:
    """Print or compare."""
    cluster = connect({"kubeconfig": words[0]})
    deadline = time.monotonic() + SETTLE_SECONDS
    while len(words) == 1 and not settled(cluster) and time.monotonic() < deadline:
        time.sleep(1)
    now = object_list(cluster)
    if len(words) == 1:
        print("\n".join(now))
        return 0
    before = Path(words[1]).read_text(encoding="utf-8").splitlines()
    differences = [f"+ {line}" for line in now if line not in before]
    differences += [f"- {line}" for line in before if line not in now]
    print("\n".join(differences) or "the same objects as before")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
