"""The values that we give to NVIDIA's chart, and those of its stand-in, are values of the real chart 0.20.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._devices.plan import plan

STANDIN = Path(__file__).parents[2] / "roles/lab/charts/nvidia-device-plugin/values.yaml"
#: Keys of the chart's values.yaml, read on the tag v0.20.0; what is below a key that ends with .* is free.
UPSTREAM = {
    "config",
    "config.name",
    "config.map",
    "config.map.*",
    "config.default",
    "config.fallbackStrategies",
    "compatWithCPUManager",
    "migStrategy",
    "failOnInitError",
    "deviceListStrategy",
    "deviceIDStrategy",
    "nvidiaDriverRoot",
    "gdrcopyEnabled",
    "gdsEnabled",
    "mofedEnabled",
    "deviceDiscoveryStrategy",
    "nameOverride",
    "fullnameOverride",
    "namespaceOverride",
    "selectorLabelsOverride",
    "allowDefaultNamespace",
    "imagePullSecrets",
    "image",
    "image.repository",
    "image.pullPolicy",
    "image.tag",
    "updateStrategy",
    "updateStrategy.*",
    "podAnnotations",
    "podSecurityContext",
    "securityContext",
    "resources",
    "nodeSelector",
    "affinity",
    "affinity.*",
    "tolerations",
    "priorityClassName",
    "runtimeClassName",
    "devicePlugin",
    "devicePlugin.enabled",
    "gfd",
    "gfd.enabled",
    "nfd",
    "mps",
    "mps.root",
    "mps.enableHostPID",
    "cdi",
    "cdi.nvidiaHookPath",
    "cdi.featureFlags",
}
#: Values of node feature discovery 0.19.0, the chart's dependency under the name nfd.
SUBCHART = {
    "nfd.enabled",
    "nfd.image",
    "nfd.image.repository",
    "nfd.imagePullSecrets",
    "nfd.worker",
    "nfd.worker.config",
    "nfd.worker.config.*",
}


def keys(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Every key with those above it, joined by dots."""
    for key, value in values.items():
        yield f"{above}{key}"
        if isinstance(value, Mapping):
            yield from keys(value, f"{above}{key}.")


def unknown(values: Mapping[str, Any]) -> list[str]:
    free = tuple(key.removesuffix("*") for key in UPSTREAM | SUBCHART if key.endswith(".*"))
    return [key for key in keys(values) if key not in UPSTREAM | SUBCHART and not key.startswith(free)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"runtime_class": "", "pull_secrets": ["a"], "tolerations": [{"key": "a", "operator": "Exists"}]},
        {"gfd": True, "pull_secrets": ["a"]},
        {"profiles": {"s": {"time_slicing": {"replicas": 4, "rename": True}}}, "default_profile": "s"},
        {"profiles": {"m": {"mps": {"replicas": 2}}}},
        {"profiles": {"g": {"mig": {"strategy": "mixed"}}}},
    ],
)
@pytest.mark.parametrize("registry", ["", "mirror.example/x"])
def test_our_values_are_upstreams(options: dict[str, Any], registry: str) -> None:
    facts = {"nodes": [{"name": "gpu-1", "labels": {"pool": "gpu"}}], "owners": [], "apis": []}
    wishes = {"nvidia": {"nodes": [{"selector": "pool=gpu"}], **options}}
    values = plan(facts, wishes, registry)["vendors"]["nvidia"]["values"]
    assert values["image"]["tag"] == "v0.20.0"
    assert unknown(values) == []


def test_the_standin_takes_what_the_chart_takes() -> None:
    values = yaml.safe_load(STANDIN.read_text(encoding="utf-8"))
    assert unknown(values) == []
    assert {key for key in UPSTREAM if "." not in key} == set(values)


def test_other_keys_are_seen() -> None:
    assert unknown({"image": {"repo": "x"}, "config": {"map": {"a": "b"}}}) == ["image.repo"]
