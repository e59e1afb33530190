# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Caches on nodes: one node fetches, the others take from it in waves (pure).

The claim is a directory that every node has of its own (a `local` volume that names them all). So one claim serves
every pod, each with the files of the node that it is on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from .errors import SeedError
from .labels import object_name
from .wish import Wish

HOSTNAME = "kubernetes.io/hostname"
PORT = 8099
_WAVE = re.compile(r"(\d+)(%?)")


def server_name(wish: Wish) -> str:
    """Of the pod and Service through which the first node serves."""
    return object_name("swift-k8s-serve", wish.volume)


def at_node(wish: Wish, node: str) -> Wish:
    """The wish for the node that fetches from the hub."""
    selector = {**wish.pod["node_selector"], HOSTNAME: node}
    return replace(wish, node=node, pod={**wish.pod, "node_selector": selector})


def from_first(wish: Wish, node: str) -> Wish:
    """The wish for a node that takes from the first: the site's link does not count here, and the first limits."""
    via = f"http://{server_name(wish)}.{wish.namespace}:{PORT}"
    return replace(at_node(wish, node), via=via, site="", site_hub="", rate_limit="unlimited", rate_schedule=())


def wave(text: str, nodes: int) -> int:
    """How many nodes take at the same time: a number, or a share of all."""
    found = _WAVE.fullmatch(text.strip())
    number = int(found.group(1)) if found else 0
    if not number:
        raise SeedError(f"wave '{text}' is not a number of nodes. Write 4, or a share such as 25%.")
    return max(1, math.floor(nodes * number / 100)) if found and found.group(2) else number


def checked(nodes: Sequence[str]) -> list[str]:
    """The nodes, each once."""
    twice = sorted({node for node in nodes if list(nodes).count(node) > 1})
    if twice:
        raise SeedError(f"node {twice[0]} is listed twice. Keep one of the entries.")
    return list(nodes)
