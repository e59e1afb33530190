"""The zoo: nodes of every kind that preflight and cluster_info must tell apart, as simulated nodes of the lab.

The animals are those of the collection's unit tests, so that both know the same ones.
"""

from __future__ import annotations

import importlib.util
import itertools
from functools import cache
from typing import Any

from .paths import CHECKOUT
from .simulated import Object, simulated

ANIMALS = CHECKOUT / "collections/ansible_collections/swift/k8s/tests/unit/plugins/zoo.py"
PREFIX = "zoo-"
#: What a big cluster that is not the zoo consists of.
PLAIN = ("a100-80", "910b3")


@cache
def animals() -> Any:
    """The module of the unit tests that describes the animals."""
    specification = importlib.util.spec_from_file_location("swift_k8s_zoo", ANIMALS)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def zoo(count: int = 0) -> list[Object]:
    """`count` nodes, the kinds in turn; 0 is one of each."""
    kinds = animals().nodes()
    names = itertools.cycle(kinds)
    return [
        simulated(animal, f"{PREFIX}{animal['metadata']['name'].replace('.', '-')}-{number // len(kinds):03}")
        for number, animal in zip(range(count or len(kinds)), names)
    ]


def plain(count: int) -> list[Object]:
    """A big cluster: half NVIDIA, half Ascend."""
    kinds = [animals().by_name(name) for name in PLAIN]
    return [simulated(kinds[number % len(kinds)], f"sim-{number:04}") for number in range(count)]
