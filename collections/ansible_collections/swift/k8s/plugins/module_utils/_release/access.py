# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""The cluster's credentials as the helm binary takes them: environment and a private file, never arguments."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

#: Module option beside a kubeconfig -> variable that the helm binary reads.
_VARIABLES = {
    "context": "HELM_KUBECONTEXT",
    "api_key": "HELM_KUBETOKEN",
    "ca_cert": "HELM_KUBECAFILE",
    "proxy": "HTTPS_PROXY",
    "no_proxy": "NO_PROXY",
}
_ONLY_IN_A_FILE = ("host", "username", "password", "client_cert", "client_key")


@contextmanager
def environment(params: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The environment for helm; what it needs on disk lives in a 0700 directory and goes with the context."""
    with tempfile.TemporaryDirectory(prefix="swift-k8s-") as private:
        composed = any(params.get(option) for option in _ONLY_IN_A_FILE)
        values = {"KUBECONFIG": _write(private, _composed(params))} if composed else _beside_kubeconfig(params)
        # Records are read from Secrets directly, so Helm must keep them there.
        yield {**os.environ, **values, **_identity(params), "HELM_DRIVER": "secret"}


def _beside_kubeconfig(params: Mapping[str, Any]) -> dict[str, str]:
    values = {name: str(params[option]) for option, name in _VARIABLES.items() if params.get(option)}
    if params.get("validate_certs") is False:
        values["HELM_KUBEINSECURE_SKIP_TLS_VERIFY"] = "true"
    if params.get("kubeconfig"):
        values["KUBECONFIG"] = os.path.expanduser(str(params["kubeconfig"]))
    return values


def _identity(params: Mapping[str, Any]) -> dict[str, str]:
    """Whom helm acts for; an identity that only we take on would leave helm the stronger one."""
    groups = ",".join(params.get("impersonate_groups") or [])
    user = str(params.get("impersonate_user") or "")
    return {**({"HELM_KUBEASUSER": user} if user else {}), **({"HELM_KUBEASGROUPS": groups} if groups else {})}


def _composed(params: Mapping[str, Any]) -> dict[str, Any]:
    cluster = {
        "server": params.get("host"),
        "certificate-authority": params.get("ca_cert"),
        "insecure-skip-tls-verify": True if params.get("validate_certs") is False else None,
        "proxy-url": params.get("proxy"),
    }
    user = {
        "username": params.get("username"),
        "password": params.get("password"),
        "client-certificate": params.get("client_cert"),
        "client-key": params.get("client_key"),
        "token": params.get("api_key"),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "cluster",
        "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": "user"}}],
        "clusters": [{"name": "cluster", "cluster": {key: value for key, value in cluster.items() if value}}],
        "users": [{"name": "user", "user": {key: value for key, value in user.items() if value}}],
    }


def _write(private: str, config: Mapping[str, Any]) -> str:
    path = os.path.join(private, "kubeconfig")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(config, stream)
    return path
