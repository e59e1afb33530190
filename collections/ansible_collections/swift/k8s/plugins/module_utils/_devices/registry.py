# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Images from a mirror."""

from __future__ import annotations


def rewrite(image: str, registry: str) -> str:
    """Return the image with another registry host and the same path. An empty registry keeps it as it is."""
    if not registry:
        return image
    host, slash, rest = image.partition("/")
    is_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
    return f"{registry.rstrip('/')}/{rest if is_host else image}"
