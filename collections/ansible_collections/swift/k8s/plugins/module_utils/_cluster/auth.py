# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""How to reach a cluster: module options with the K8S_AUTH_* environment behind them, and the client made of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible.module_utils.parsing.convert_bool import boolean

from .errors import ClusterError
from .kubeconfig import check_context, check_credentials, check_files, default_path


def _option(variable: str, **more: Any) -> dict[str, Any]:
    return {"fallback": (env_fallback, [f"K8S_AUTH_{variable}"]), **more}


AUTH_ARGS: dict[str, Any] = {
    "kubeconfig": _option("KUBECONFIG", type="path", aliases=["kubeconfig_path"]),
    "context": _option("CONTEXT", type="str", aliases=["kube_context"]),
    "host": _option("HOST", type="str"),
    "api_key": _option("API_KEY", type="str", no_log=True),
    "username": _option("USERNAME", type="str"),
    "password": _option("PASSWORD", type="str", no_log=True),
    "ca_cert": _option("SSL_CA_CERT", type="path", aliases=["ssl_ca_cert"]),
    "client_cert": _option("CERT_FILE", type="path", aliases=["cert_file"]),
    "client_key": _option("KEY_FILE", type="path", aliases=["key_file"]),
    "validate_certs": _option("VERIFY_SSL", type="bool", aliases=["verify_ssl"]),
    "proxy": _option("PROXY", type="str"),
    "no_proxy": _option("NO_PROXY", type="str"),
    "impersonate_user": _option("IMPERSONATE_USER", type="str"),
    "impersonate_groups": _option("IMPERSONATE_GROUPS", type="list", elements="str"),
}
#: Type of an option -> how its environment variable is read.
_READERS: dict[str, Callable[[str], Any]] = {
    "bool": boolean,
    "path": os.path.expanduser,
    "list": lambda text: text.split(","),
}
#: Names of the token in the client library, until and since release 36.
_TOKENS = ("authorization", "BearerToken")
#: Option -> attribute of the client library's configuration.
_ATTRIBUTES = {
    "host": "host",
    "username": "username",
    "password": "password",
    "ca_cert": "ssl_ca_cert",
    "client_cert": "cert_file",
    "client_key": "key_file",
    "proxy": "proxy",
    "no_proxy": "no_proxy",
}


def with_environment(params: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a plugin, for which Ansible does not look into the environment as it does for modules."""
    found = dict(params)
    for name, spec in AUTH_ARGS.items():
        text = os.environ.get(spec["fallback"][1][0], "")
        if found.get(name) is None and text:
            found[name] = _READERS.get(spec["type"], str)(text)
    return found


def api_client(params: Mapping[str, Any]) -> Any:
    """An ApiClient from the options: a host, else a kubeconfig, else the pod's own account.

    Raises ClusterError naming the file, the context or what is missing.
    """
    from kubernetes import client  # noqa: PLC0415 - half a second, paid only by those who connect

    configuration = client.Configuration()
    # The caller repeats what is worth repeating, and knows when it is not.
    configuration.retries = False
    if not params.get("host"):
        _from_files(params, configuration)
    _override(params, configuration)
    made = client.ApiClient(configuration)
    if params.get("impersonate_user"):
        made.set_default_header("Impersonate-User", params["impersonate_user"])
    if params.get("impersonate_groups"):
        made.set_default_header("Impersonate-Group", list(params["impersonate_groups"]))
    return made


def _from_files(params: Mapping[str, Any], configuration: Any) -> None:
    from kubernetes import config  # noqa: PLC0415

    context = params.get("context") or None
    path = default_path(params)
    if path is None:
        try:
            config.load_incluster_config(client_configuration=configuration)
        except config.ConfigException as problem:
            raise ClusterError(
                "no cluster is named: set kubeconfig (or K8S_AUTH_KUBECONFIG, KUBECONFIG), or host and api_key "
                "(or K8S_AUTH_HOST and K8S_AUTH_API_KEY)."
            ) from problem
        return
    check_files(path)
    check_context(path, context)
    try:
        config.load_kube_config(path, context, configuration, persist_config=False)
    except (config.ConfigException, OSError, ValueError) as problem:
        raise ClusterError(
            f"kubeconfig {path} cannot be used: {problem}. Check it with `kubectl config view`."
        ) from problem
    check_credentials(path, context, configuration)


def _override(params: Mapping[str, Any], configuration: Any) -> None:
    for option, attribute in _ATTRIBUTES.items():
        if params.get(option):
            setattr(configuration, attribute, params[option])
    if params.get("api_key"):
        # Under its old and its new name, and without the hook that reads the kubeconfig's again.
        configuration.refresh_api_key_hook = None
        configuration.api_key.update(dict.fromkeys(_TOKENS, f"Bearer {params['api_key']}"))
    if params.get("validate_certs") is not None:
        configuration.verify_ssl = params["validate_certs"]
    if not configuration.verify_ssl:
        from urllib3 import disable_warnings, exceptions  # noqa: PLC0415 - comes with the client library

        # It was said so; in Ansible's own process each task would repeat it as an errant message.
        disable_warnings(exceptions.InsecureRequestWarning)
