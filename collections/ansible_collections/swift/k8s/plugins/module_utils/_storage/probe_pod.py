# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The pod that measures a claim from inside the cluster (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .claim import MANAGED_BY

CONTAINER = "probe"
#: Writes blocks, each with its number in front, brings them to the storage, drops them from the page cache of the node
#: and reads them back. Prints one line of JSON. Python 3.6 or newer, standard library only.
PROGRAM = """
import json, os, sys, time
path, count, size = sys.argv[1], int(sys.argv[2]), 1 << 20
body = os.urandom(size - 8)
try:
    begin = time.perf_counter()
    with open(path, "wb", buffering=0) as stream:
        for number in range(count):
            stream.write(number.to_bytes(8, "big") + body)
        os.fsync(stream.fileno())
        written = time.perf_counter() - begin
    begin = time.perf_counter()
    with open(path, "rb", buffering=0) as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        for number in range(count):
            if stream.read(size) != number.to_bytes(8, "big") + body:
                sys.exit("MiB %d of %s was read back other than it was written" % (number, path))
        read = time.perf_counter() - begin
finally:
    if os.path.exists(path):
        os.unlink(path)
print(json.dumps({"write_mib_per_second": round(count / written, 1), "read_mib_per_second": round(count / read, 1)}))
"""


def name(claim: str) -> str:
    """One name a claim, so that a killed run's pod is found again."""
    return f"swift-k8s-probe-{claim}"[:63].rstrip("-.")


def pod(
    claim: str, namespace: str, image: str, mebibytes: int, seconds: int, pull_secrets: Sequence[str]
) -> dict[str, Any]:
    """The pod; it passes Pod Security level restricted and ends by itself after `seconds`."""
    container = {
        "name": CONTAINER,
        "image": image,
        "command": ["python3", "-c", PROGRAM, f"/claim/.{name(claim)}", str(mebibytes)],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": {"requests": {"cpu": "100m", "memory": "32Mi"}, "limits": {"cpu": "2", "memory": "256Mi"}},
        "volumeMounts": [{"name": "claim", "mountPath": "/claim"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name(claim), "namespace": namespace, "labels": dict(MANAGED_BY)},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": seconds,
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "runAsGroup": 1000,
                "fsGroup": 1000,
                "fsGroupChangePolicy": "OnRootMismatch",
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "imagePullSecrets": [{"name": secret} for secret in pull_secrets],
            "containers": [container],
            "volumes": [{"name": "claim", "persistentVolumeClaim": {"claimName": claim}}],
        },
    }
