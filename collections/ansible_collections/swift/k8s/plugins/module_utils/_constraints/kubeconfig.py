# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds the kubeconfig in use, to learn how long its credentials last."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .credential import lifetime


def credential(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return {kind, expires, days_left, expired}; {} without a kubeconfig (AWX, in a pod) and where nothing tells."""
    if params.get("host"):
        return {}
    document, folder = params.get("kubeconfig"), ""
    if not isinstance(document, Mapping):
        path = document or os.environ.get("K8S_AUTH_KUBECONFIG") or os.environ.get("KUBECONFIG") or "~/.kube/config"
        path = os.path.abspath(os.path.expanduser(str(path).split(os.pathsep, maxsplit=1)[0]))
        document, folder = _read(path), os.path.dirname(path)
    return lifetime(document, params.get("context"), datetime.now(timezone.utc), folder)


def _read(path: str) -> Mapping[str, Any]:
    """Return the file's document; connecting has already said what is wrong with a kubeconfig that is."""
    try:
        import yaml  # noqa: PLC0415  comes with the Kubernetes client; without it there is no connection either

        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file)
    except (OSError, ValueError, ImportError):
        return {}
    return document if isinstance(document, Mapping) else {}
