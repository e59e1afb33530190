# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Facts as one text. Ansible walks and tags every leaf of a structure at each task that touches it; a text is one leaf.

The form: compact JSON, zlib (RFC 1950), base64. Pure.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any


class FactsError(ValueError):
    """Facts that cannot be read; the text is a message for people."""


def pack(facts: Mapping[str, Any]) -> str:
    """The text: of 1,000 nodes some 20 KiB instead of 1 MiB."""
    return base64.b64encode(zlib.compress(json.dumps(facts, separators=(",", ":")).encode())).decode()


def unpack(given: str | Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a packed text; facts that were never packed are returned as they are.

    Raises FactsError where the text is something else.
    """
    if isinstance(given, Mapping):
        return dict(given)
    try:
        facts: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(given, validate=True)))
    except (ValueError, zlib.error) as problem:
        raise FactsError(
            f"these are no packed facts of a cluster ({problem}): pass on what cluster_info or preflight returned."
        ) from problem
    return facts
