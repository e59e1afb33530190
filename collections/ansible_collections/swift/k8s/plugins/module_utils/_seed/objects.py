# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The Job that seeds and the ConfigMap that it reads (pure)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .labels import DIGEST_LABEL, LABELS, MODELS_ANNOTATION, POD_ANNOTATION, VOLUME_LABEL, label_value, object_name
from .wish import AUTHORITIES, CACHE, ENGINE, SOURCES, TOKENS, Wish, key, pod_digest, spec
from .zones import zone_files

CONTAINER = "seed"
#: key and file of the limit, which may change while a pod works
RATE = "rate"
PACKAGE = "swift_seed"
#: of the pod's volume that is the cache
CACHE_VOLUME = "cache"
#: Exit codes with which the engine says that another try is of no use: failed for good, wrong spec.
FINAL_CODES = [1, 2]
_DAY = 86400


def job_name(wish: Wish, digest: str) -> str:
    """One name a volume and content, so that a rerun finds the Job of the run before."""
    return object_name("swift-k8s-seed", wish.place, digest)


def config_map(
    wish: Wish, digest: str, sources: Mapping[str, str], spare: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Spec, limit, what is to be removed, and engine. No secret is in it: tokens are mounted from their Secrets."""
    removals = [{name: model[name] for name in ("id", "type", "revision")} for model in spare]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _meta(wish, digest),
        "data": {
            "spec.json": json.dumps(spec(wish), indent=1, sort_keys=True),
            RATE: wish.rate_limit,
            "remove.json": json.dumps(removals),
            **{path.replace("/", "."): text for path, text in sources.items()},
        },
        "binaryData": {_zone_key(name): base64.b64encode(zone).decode() for name, zone in _zones(wish).items()},
    }


def job(wish: Wish, digest: str, sources: Mapping[str, str], tidy: bool = False) -> dict[str, Any]:
    """The Job. Room is made first."""
    models = json.dumps([key(model) for model in wish.models])
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            **_meta(wish, digest),
            "annotations": {POD_ANNOTATION: pod_digest(wish), MODELS_ANNOTATION: models},
        },
        "spec": {
            **job_spec(wish, job_name(wish, digest), sources, _labels(wish, digest), tidy),
            "ttlSecondsAfterFinished": _DAY,
        },
    }


def job_spec(
    wish: Wish, config_map_name: str, sources: Mapping[str, str], labels: Mapping[str, str], tidy: bool = False
) -> dict[str, Any]:
    """What a Job does with the spec in that ConfigMap. It asks nothing of the API server and passes `restricted`."""
    volumes, mounts = zip(*_volumes(wish, config_map_name, sources))
    first = [container(wish, "tidy", [f"{PACKAGE}._seed.tidy", CACHE, f"{ENGINE}/remove.json"], list(mounts))]
    seed = [f"{PACKAGE}._cache.cli", "seed", "--spec", f"{ENGINE}/spec.json", "--log", "json"]
    pod = {
        **pod_spec(wish),
        "restartPolicy": "Never",
        "initContainers": first if tidy else [],
        "containers": [container(wish, CONTAINER, seed, list(mounts))],
        "volumes": list(volumes),
    }
    return {
        "backoffLimit": 4,
        "podFailurePolicy": {
            # A drained node is no failure: asked first, because the engine ends with 1 when it is told to stop.
            "rules": [
                {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
                {
                    "action": "FailJob",
                    "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": FINAL_CODES},
                },
            ]
        },
        "template": {"metadata": {"labels": dict(labels)}, "spec": pod},
    }


def pod_spec(wish: Wish) -> dict[str, Any]:
    """What all pods of ours have in common."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": _pod_security(wish),
        "nodeSelector": dict(wish.pod["node_selector"]),
        "tolerations": list(wish.pod["tolerations"]),
        "imagePullSecrets": [{"name": name} for name in wish.pod["image_pull_secrets"]],
    }


def _meta(wish: Wish, digest: str) -> dict[str, Any]:
    return {"name": job_name(wish, digest), "namespace": wish.namespace, "labels": _labels(wish, digest)}


def _labels(wish: Wish, digest: str) -> dict[str, str]:
    return {**LABELS, VOLUME_LABEL: label_value(wish.place), DIGEST_LABEL: digest}


def _pod_security(wish: Wish) -> dict[str, Any]:
    user = wish.pod["run_as_user"]
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container(wish: Wish, name: str, arguments: list[str], mounts: list[dict[str, Any]]) -> dict[str, Any]:
    """A container of any pod of ours: our own Python package, and nothing that it may do besides."""
    return {
        "name": name,
        "image": wish.image,
        "imagePullPolicy": wish.pod["image_pull_policy"],
        "command": [wish.pod["python"], "-m"],
        "args": arguments,
        "workingDir": ENGINE,
        "env": [
            {"name": "PYTHONPATH", "value": ENGINE},
            {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"},
            {"name": "PYTHONTZPATH", "value": f"{ENGINE}/zones:/usr/share/zoneinfo"},
            {"name": "HOME", "value": "/tmp"},  # noqa: S108 - the pod's own memory-backed directory
            {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"},
        ],
        "resources": dict(wish.pod["resources"]),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }


Pair = tuple[dict[str, Any], dict[str, Any]]


def engine_volume(config_map_name: str, paths: Mapping[str, str]) -> Pair:
    """The volume of a ConfigMap's keys at their paths, and its mount."""
    items = [{"key": key, "path": path} for key, path in paths.items()]
    return (
        {"name": "engine", "configMap": {"name": config_map_name, "items": items}},
        {"name": "engine", "mountPath": ENGINE, "readOnly": True},
    )


def source_paths(sources: Mapping[str, str]) -> dict[str, str]:
    """Key in the ConfigMap -> path in the pod, of our own sources."""
    return {path.replace("/", "."): f"{PACKAGE}/{path}" for path in sorted(sources)}


def scratch_volume() -> Pair:
    """What a pod may write besides the cache."""
    return {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}, {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108


def token_volume(number: int, secret: str) -> Pair:
    """A Secret with a token, as files."""
    return (
        {"name": f"token-{number}", "secret": {"secretName": secret, "defaultMode": 0o440}},
        {"name": f"token-{number}", "mountPath": f"{TOKENS}/{secret}", "readOnly": True},
    )


def _volumes(wish: Wish, config_map_name: str, sources: Mapping[str, str]) -> Iterator[Pair]:
    """Volume and mount, pair by pair."""
    yield (
        {"name": CACHE_VOLUME, "persistentVolumeClaim": {"claimName": wish.volume}},
        {"name": CACHE_VOLUME, "mountPath": CACHE},
    )
    files = {key: key for key in ("spec.json", RATE, "remove.json")}
    zones = {_zone_key(name): f"zones/{name}" for name in sorted(_zones(wish))}
    yield engine_volume(config_map_name, {**files, **source_paths(sources), **zones})
    yield scratch_volume()
    for number, secret in enumerate(sorted({*named(wish, "token_secret"), *site_tokens(wish)})):
        yield token_volume(number, secret)
    for number, authority in enumerate(named(wish, "ca_config_map")):
        yield (
            {"name": f"ca-{number}", "configMap": {"name": authority}},
            {"name": f"ca-{number}", "mountPath": f"{AUTHORITIES}/{authority}", "readOnly": True},
        )
    for number, claim in enumerate(named(wish, "source_claim")):
        yield (
            {"name": f"source-{number}", "persistentVolumeClaim": {"claimName": claim, "readOnly": True}},
            {"name": f"source-{number}", "mountPath": f"{SOURCES}/{claim}", "readOnly": True},
        )


def _zones(wish: Wish) -> dict[str, bytes]:
    return zone_files(wish.rate_schedule)


def _zone_key(name: str) -> str:
    return f"zone.{name.replace('/', '.').replace('+', '_')}"


def site_tokens(wish: Wish) -> list[str]:
    """The Secret with the token of the site's hub, where there is one."""
    return [wish.site_token_secret] if wish.site_hub and wish.site_token_secret else []


def named(wish: Wish, option: str) -> list[str]:
    """The Secrets, ConfigMaps or claims that models name; none where they come from our own server."""
    return [] if wish.via else sorted({model[option] for model in wish.models if model.get(option)})
