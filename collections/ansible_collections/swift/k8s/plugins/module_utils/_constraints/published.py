# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The images that the chart takes where values name none, and those that it starts beside the engine. Pure.

The chart's own tables are files/images.yaml, Chart.yaml and values.yaml; a test holds these against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]

#: Tag of an own repository without one: the chart's appVersion.
VERSION = "4.6.0"
_MODELSCOPE = {
    "registry": "modelscope-registry.cn-hangzhou.cr.aliyuncs.com",
    "repository": "modelscope-repo/modelscope",
    "tag": "ubuntu22.04-cuda13.0.3-py312-torch2.11.0-vllm0.25.1-modelscope1.39.0-swift4.4.3",
}
ENGINES: dict[str, dict[str, str]] = {
    "nvidia": _MODELSCOPE,
    "ascend": {
        "registry": "quay.io",
        "repository": "ascend/ms-swift",
        "tag": "v4.3.0-A2-py311-CANN9.0.0-ubuntu22.04",
    },
    "cpu": _MODELSCOPE,
}
PROXY = {"registry": "docker.io", "repository": "library/haproxy", "tag": "3.2-alpine"}


def engine(values: Values, vendor: str) -> str:
    """Return the engine's image; nothing for a vendor that the chart does not know."""
    own = values.get("image") or {}
    if isinstance(own, str):
        return own
    if vendor not in ENGINES:
        return ""
    if own.get("repository"):
        return reference({**own, "tag": own.get("tag") or VERSION})
    return reference({**ENGINES[vendor], **{key: value for key, value in own.items() if value}})


def beside(values: Values) -> list[str]:
    """Return the images of the proxy and of a seeding container with an image of its own."""
    found = []
    own, proxy = values.get("image") or {}, values.get("proxy") or {}
    if proxy.get("enabled") is True:
        image = {**PROXY, **{key: value for key, value in (proxy.get("image") or {}).items() if value}}
        registry = own.get("registry") if isinstance(own, Mapping) else None
        found.append(reference({**image, "registry": registry or image["registry"]}))
    seed = ((values.get("cache") or {}).get("seed") or {}).get("image") or {}
    if seed.get("repository") and (seed.get("tag") or seed.get("digest")):
        found.append(reference(seed))
    return found


def seeding(registry: str) -> str:
    """Return the image that fetches models where the inventory names none."""
    return reference({**_MODELSCOPE, "registry": registry or _MODELSCOPE["registry"]})


def reference(image: Values) -> str:
    """Return an image of {registry, repository, tag, digest} as a container runtime takes it; a digest wins."""
    path = "/".join(part for part in (image.get("registry"), image["repository"]) if part)
    return f"{path}@{image['digest']}" if image.get("digest") else f"{path}:{image['tag']}"
