# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How to reach a cluster: module options with the K8S_AUTH_* environment behind them, and the client made of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback

from .errors import ClusterError


def _option(variable: str, **more: Any) -> dict[str, Any]:
    return {"fallback": (env_fallback, [f"K8S_AUTH_{variable}"]), **more}


AUTH_ARGS: dict[str, Any] = {
    "kubeconfig": _option("KUBECONFIG", type="path"),
    "context": _option("CONTEXT", type="str"),
    "host": _option("HOST", type="str"),
    "api_key": _option("API_KEY", type="str", no_log=True),
    "username": _option("USERNAME", type="str"),
    "password": _option("PASSWORD", type="str", no_log=True),
    "ca_cert": _option("SSL_CA_CERT", type="path", aliases=["ssl_ca_cert"]),
    "client_cert": _option("CERT_FILE", type="path", aliases=["cert_file"]),
    "client_key": _option("KEY_FILE", type="path", aliases=["key_file"]),
    "validate_certs": _option("VERIFY_SSL", type="bool", aliases=["verify_ssl"]),
    "proxy": _option("PROXY", type="str"),
}


def api_client(params: Mapping[str, Any]) -> Any:
    """An ApiClient from the options: a host, else a kubeconfig, else the pod's own account.

    Raises ClusterError naming the file, the context or what is missing.
    """
    from kubernetes import client  # noqa: PLC0415 - half a second, paid only by those who connect

    configuration = client.Configuration()
    if not params.get("host"):
        _from_files(params, configuration)
    _override(params, configuration)
    return client.ApiClient(configuration)


def _from_files(params: Mapping[str, Any], configuration: Any) -> None:
    from kubernetes import config  # noqa: PLC0415

    context = params.get("context") or None
    named = params.get("kubeconfig") or os.environ.get("KUBECONFIG")
    default = os.path.expanduser("~/.kube/config")
    path = named or (default if os.path.exists(default) else None)
    try:
        if path is None:
            config.load_incluster_config(client_configuration=configuration)
        else:
            _check_file(path, context)
            config.load_kube_config(path, context, configuration, persist_config=False)
    except config.ConfigException as problem:
        if path is None:
            raise ClusterError(
                "no cluster is named: set kubeconfig (or K8S_AUTH_KUBECONFIG, KUBECONFIG), or host and api_key "
                "(or K8S_AUTH_HOST and K8S_AUTH_API_KEY)."
            ) from problem
        raise ClusterError(
            f"kubeconfig {path} cannot be used: {problem}. Check it with `kubectl config view`."
        ) from problem


def _check_file(path: str, context: str | None) -> None:
    from kubernetes import config  # noqa: PLC0415

    files = [part for part in path.split(os.pathsep) if part]
    missing = [part for part in files if not os.path.exists(os.path.expanduser(part))]
    if files and len(missing) == len(files):
        raise ClusterError(f"kubeconfig {path} does not exist: correct kubeconfig, or unset it to use K8S_AUTH_HOST.")
    if context is None:
        return
    known = [item["name"] for item in config.list_kube_config_contexts(path)[0]]
    if context not in known:
        raise ClusterError(f"kubeconfig {path} has no context {context!r}: choose from {', '.join(sorted(known))}.")


def _override(params: Mapping[str, Any], configuration: Any) -> None:
    plain = {
        "host": "host",
        "username": "username",
        "password": "password",
        "ca_cert": "ssl_ca_cert",
        "client_cert": "cert_file",
        "client_key": "key_file",
        "proxy": "proxy",
    }
    for option, attribute in plain.items():
        if params.get(option):
            setattr(configuration, attribute, params[option])
    if params.get("api_key"):
        configuration.api_key["authorization"] = f"Bearer {params['api_key']}"
    if params.get("validate_certs") is not None:
        configuration.verify_ssl = params["validate_certs"]
