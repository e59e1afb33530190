#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write charts/ms-swift/values.schema.json from values.yaml: names, types and comments from there, choices from here.

scripts/chart_schema.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import chart_docs
import yaml

CHART = Path(__file__).resolve().parents[1] / "charts/ms-swift"

Schema = dict[str, Any]
COUNT: Schema = {"type": ["integer", "string"], "minimum": 1, "pattern": r"^([1-9]\d*)?$"}
# A word has no minimum, so that its pattern asks for a digit that is not 0.
_POSITIVE = r"^((\d*[1-9]\d*(\.\d+)?|0*\.\d*[1-9]\d*)([eE]-?\d+)?)?$"
# `--set` makes words of numbers with a fraction or an exponent, and Ansible of 1e-4.
NUMBER: Schema = {"type": ["number", "string"], "exclusiveMinimum": 0, "pattern": _POSITIVE}
FRACTION: Schema = {
    "type": ["number", "string"],
    "exclusiveMinimum": 0,
    "maximum": 1,
    "pattern": r"^(0\.\d*[1-9]\d*|1(\.0)?)?$",
}
TEXT: Schema = {"type": "string"}
#: what a further model may say beside its id; its token comes from a Secret, never from values
WISHES = ("revision", "include", "exclude", "endpoints", "hub", "endpoint", "source", "token_file", "ca_file", "proxy")
IMAGE: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": dict.fromkeys(("registry", "repository", "tag", "digest"), TEXT),
}
#: of a label that carries it, with -ask behind it in that of `helm test`
NAME: Schema = {"type": "string", "pattern": "^([a-z0-9]([-a-z0-9.]{0,57}[a-z0-9])?)?$"}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
PATH: Schema = {"type": "string", "pattern": "^(/.*)?$"}
#: a rate as the cache engine reads it
RATE: Schema = {
    "type": "string",
    "pattern": r"^([uU]nlimited|\d+(\.\d+)? ?(B|[kKMGT]B|[KMGT]iB|[kKmMgG]?[bB]it)/s)?$",
}
#: from the scheme and port of an address the NetworkPolicy knows where the pod may go
ADDRESS: Schema = {"type": "string", "pattern": "^(https?://[^/].*)?$"}
PROXY: Schema = {"type": "string", "pattern": "^(http://[^/].*)?$"}
#: Kubernetes takes nothing but words in labels, annotations and node selectors: "true", not true
WORDS: Schema = {"type": "object", "additionalProperties": TEXT}
SIZE: Schema = {"type": "string", "pattern": r"^(\d+(\.\d+)?([KMGTP]i|[kMGTP])?)?$"}
SCHEDULE: Schema = {
    "type": "string",
    "pattern": r"^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|\S+( +\S+){4})?$",
}
OBJECTS: Schema = {"type": "array", "items": {"type": "object"}}
HOSTS: Schema = {
    "type": "array",
    "uniqueItems": True,
    "items": {"type": "string", "pattern": r"^(\*\.)?[a-z0-9][a-z0-9.-]*$"},
}
SCALARS: Schema = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}


def choice(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def items(required: str, **properties: Schema) -> Schema:
    """A list of objects with one key that each must have."""
    entry = {"type": "object", "required": [required], "additionalProperties": False, "properties": properties}
    return {"type": "array", "items": entry}


#: what an example value cannot tell
RULES: dict[str, Schema] = {
    "task": choice(
        *("deploy", "embedding", "reranker", "app", "web-ui"),
        *("sft", "pt", "rlhf", "eval", "export", "sample", "infer", "download"),
    ),
    "replicaCount": {"type": "integer", "minimum": 0},
    "nameOverride": NAME,
    "logLevel": choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    "swiftVersion": {"type": "string", "pattern": r"^(\d+\.\d+\.\d+)?$"},
    "image.digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "image.pullPolicy": choice("Always", "IfNotPresent", "Never"),
    "model.hub": choice("modelscope", "huggingface", "mirror", "directory"),
    "model.path": PATH,
    "env": SCALARS,
    "engine.backend": choice("", "transformers", "vllm", "sglang", "lmdeploy"),
    "engine.port": PORT,
    "engine.dtype": choice("", "float16", "bfloat16", "float32"),
    "engine.maxModelLen": COUNT,
    "engine.maxConcurrency": COUNT,
    "engine.memoryFraction": FRACTION,
    "engine.tensorParallel": COUNT,
    "engine.nodes": {"type": "integer", "minimum": 1},
    "accelerator.vendor": choice("auto", "nvidia", "ascend", "cpu"),
    "accelerator.count": COUNT,
    "accelerator.sharing": choice("none", "mps", "time-slicing"),
    "accelerator.shares": {"type": "integer", "minimum": 1, "maximum": 48},
    "accelerator.memoryMiB": COUNT,
    "accelerator.compute": {"type": "string", "pattern": r"^(\d+\.\d)?$"},
    "cache.mountPath": {"type": "string", "pattern": "^/.+[^/]$"},
    "cache.seed.verify": choice("stat", "sample", "full"),
    "cache.seed.log": choice("text", "json"),
    "cache.seed.workers": COUNT,
    "cache.seed.rateLimit": RATE,
    "cache.seed.rateSchedule": items("limit", days={}, timezone=TEXT, limit=RATE, **{"from": TEXT, "to": TEXT}),
    "cache.accessModes": {
        "type": "array",
        "minItems": 1,
        "items": choice("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"),
    },
    "cache.seed.image": IMAGE,
    "cache.seed.also": items("id", id=TEXT, type=choice("model", "dataset"), **{key: {} for key in WISHES}),
    "cache.seed.endpoint": ADDRESS,
    "cache.seed.proxy": PROXY,
    "eval.url": ADDRESS,
    "ui.baseUrl": ADDRESS,
    "autoscaling.prometheusAddress": ADDRESS,
    **dict.fromkeys(("shm.size", "scratch.size", "cache.size"), SIZE),
    "resources": {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: {"type": "object"} for key in ("limits", "requests")},
    },
    "adapters": items("path", name=TEXT, path={"type": "string", "minLength": 1}),
    "ingress.hosts": HOSTS,
    "httpRoute.hostnames": HOSTS,
    "image.pullSecrets": items("name", name=TEXT),
    **dict.fromkeys(("nodeSelector", "podLabels", "podAnnotations", "ingress.annotations"), WORDS),
    **dict.fromkeys(("service.annotations", "serviceAccount.annotations"), WORDS),
    **{f"metrics.{name}.labels": WORDS for name in ("serviceMonitor", "prometheusRule", "dashboard")},
    **dict.fromkeys(("extraEnv", "extraVolumes", "extraVolumeMounts", "tolerations"), OBJECTS),
    **dict.fromkeys(("topologySpreadConstraints", "httpRoute.parentRefs"), OBJECTS),
    **dict.fromkeys(("networkPolicy.from", "networkPolicy.metricsFrom", "networkPolicy.egress"), OBJECTS),
    "output.path": PATH,
    "train.rlhfType": choice("dpo", "orpo", "simpo", "kto", "cpo", "rm", "ppo", "grpo", "gkd"),
    "train.nodes": {"type": "integer", "minimum": 1},
    "train.masterPort": PORT,
    "train.gangPort": PORT,
    **{f"train.{name}": COUNT for name in ("loraRank", "loraAlpha", "maxSteps", "batchSize", "accumulation")},
    **{f"train.{name}": COUNT for name in ("maxLength", "saveSteps", "saveLimit", "loggingSteps", "processes")},
    **{f"train.{name}": NUMBER for name in ("epochs", "learningRate")},
    "train.quantBits": COUNT,
    **{f"train.megatron.{name}Parallel": COUNT for name in ("tensor", "pipeline", "context", "expert")},
    "train.megatron.globalBatchSize": COUNT,
    "export.quantMethod": choice("", "awq", "gptq", "gptq_v2", "bnb", "fp8"),
    "export.quantBits": COUNT,
    "export.samples": COUNT,
    "export.groupSize": COUNT,
    "eval.backend": choice("Native", "OpenCompass", "VLMEvalKit"),
    "eval.limit": COUNT,
    "ui.lang": choice("en", "zh"),
    "job.schedule": SCHEDULE,
    "job.ttlSecondsAfterFinished": COUNT,
    "job.activeDeadlineSeconds": COUNT,
    "service.type": choice("ClusterIP", "NodePort", "LoadBalancer"),
    "service.port": PORT,
    "service.nodePort": {"type": ["integer", "string"], "minimum": 1, "maximum": 65535, "pattern": "^$"},
    "proxy.port": PORT,
    "proxy.metricsPort": PORT,
    "proxy.maxConcurrency": COUNT,
    **{f"proxy.{name}": {"type": "integer", "minimum": 1} for name in ("maxQueue", "maxBodyMiB")},
    # HAProxy keeps milliseconds in 31 bits, and takes 0 for no limit at all.
    **{
        f"proxy.{name}": {"type": "integer", "minimum": 1, "maximum": 2147483}
        for name in ("queueSeconds", "answerSeconds")
    },
    "metrics.serviceMonitor.interval": {"type": "string", "pattern": "^[1-9][0-9]*[sm]$"},
    "metrics.source": choice("none", "proxy", "vllm"),
    "metrics.prometheusRule.errorsPerSecond": {"type": "number", "minimum": 0},
    "autoscaling.type": choice("hpa", "keda"),
    "autoscaling.minReplicas": {"type": "integer", "minimum": 0},
    "autoscaling.requestsPerSecond": {"type": "number", "exclusiveMinimum": 0},
    "autoscaling.queue": {"type": "number", "exclusiveMinimum": 0},
    "ingress.controller": choice("nginx", "traefik", "haproxy", "other"),
    "ingress.auth.type": choice("none", "basic", "oidc"),
    "probes.startupSeconds": COUNT,
    "podDisruptionBudget.maxUnavailable": {
        "type": ["integer", "string"],
        "minimum": 0,
        "pattern": "^(100|[1-9]?[0-9])%$",
    },
}
#: objects in the form of Kubernetes, or with names of the user's own
FREE = frozenset({"podSecurityContext", "securityContext", "strategy", "autoscaling.behavior"})
#: what may be absent although it has a default
OPEN = FREE | {"resources", "cache.seed.resources", "proxy.resources", "metrics.dashboard.labels"}


def schema(values: Any, comments: dict[str, str], name: str = "") -> Schema:
    """The schema of one value: its rule, else its type; objects list their keys and refuse others."""
    comment = {"description": comments[name]} if name in comments else {}
    if name in RULES:
        return {**comment, **RULES[name]}
    if isinstance(values, dict) and values and name not in FREE and not name.endswith((".resources", ".labels")):
        inner = {key: schema(value, comments, f"{name}.{key}".lstrip(".")) for key, value in values.items()}
        return {
            **comment,
            "type": "object",
            "additionalProperties": False,
            **_required(values, name),
            "properties": inner,
        }
    if isinstance(values, int) and not isinstance(values, bool):
        return {**comment, "type": "integer", "minimum": 0}
    kinds = {bool: "boolean", str: "string", list: "array", dict: "object"}
    return {**comment, "type": kinds[type(values)]}


def _required(values: dict[str, Any], name: str) -> Schema:
    """Keys whose default is no emptiness: `port: null` in a values file takes it away, and nothing takes its place."""
    keys = [
        key for key, value in values.items() if value not in ("", [], {}) and f"{name}.{key}".lstrip(".") not in OPEN
    ]
    return {"required": keys} if keys else {}


def document() -> Schema:
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    body = schema(yaml.safe_load(text), chart_docs.comments(text))
    # `global` is what a parent chart hands down, `enabled` the usual condition of its dependency.
    body["properties"] |= {"global": {"type": "object"}, "enabled": {"type": "boolean"}}
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of ms-swift", **body}


def written() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    (CHART / "values.schema.json").write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
