# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""A kubeconfig, looked at before and after the client library loads it: its own messages name neither file nor cure."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from typing import Any

from .errors import ClusterError

_CHECK = "Check it with `kubectl config view`."


def default_path(params: Mapping[str, Any]) -> str | None:
    """The kubeconfig that the options name, else the environment, else the user's own if there is one."""
    own = os.path.expanduser("~/.kube/config")
    return params.get("kubeconfig") or os.environ.get("KUBECONFIG") or (own if os.path.exists(own) else None)


def refuse_content(params: Mapping[str, Any]) -> None:
    """Refuse the content of a kubeconfig where its path belongs, and strike it out: results repeat the options."""
    path = (default_path(params) or "").strip()
    if "\n" not in path and not path.startswith("{"):
        return
    if isinstance(params, MutableMapping):
        params["kubeconfig"] = "(content withheld)"
    raise ClusterError(
        "kubeconfig holds the content of a file, not its path: write it to a file that only you can read and name "
        "that, or set K8S_AUTH_HOST and K8S_AUTH_API_KEY."
    )


def check_files(path: str) -> None:
    """Refuse a path of which no file exists; of several, joined by colons, one is enough."""
    files = [part for part in path.split(os.pathsep) if part]
    if not any(os.path.exists(os.path.expanduser(part)) for part in files):
        raise ClusterError(f"kubeconfig {path} does not exist: correct kubeconfig, or unset it to use K8S_AUTH_HOST.")


def check_context(path: str, context: str | None) -> None:
    """Refuse a context that is not there, with those that are."""
    config = merged(path)
    known = sorted(str(item["name"]) for item in config.get("contexts") or [])
    wanted = context or config.get("current-context")
    if not wanted:
        raise ClusterError(
            f"kubeconfig {path} cannot be used: it has no current context. Set context to one of: "
            f"{', '.join(known) or 'none, it lists no contexts'}."
        )
    if wanted not in known:
        raise ClusterError(
            f"kubeconfig {path} has no context {wanted!r}: choose from {', '.join(known) or 'none, it lists none'}."
        )


def check_credentials(path: str, context: str | None, configuration: Any) -> None:
    """Refuse a user whose command gave nothing: the client library would go on as nobody."""
    config = merged(path)
    wanted = context or config["current-context"]
    user = next(item["context"].get("user") for item in config["contexts"] if item["name"] == wanted)
    found = next((item.get("user") or {} for item in config.get("users") or [] if item["name"] == user), {})
    command = (found.get("exec") or {}).get("command")
    if command and not configuration.auth_settings() and not configuration.cert_file:
        raise ClusterError(
            f"the command {command!r}, which kubeconfig {path} names for the user {user}, gave no credentials: run "
            f"`kubectl --kubeconfig {path} --context {wanted} get namespaces` to see why."
        )


def merged(path: str) -> dict[str, Any]:
    """The files of a path as one, as kubectl merges them: the first word counts."""
    import yaml  # noqa: PLC0415 - comes with the client library

    merged: dict[str, Any] = {"clusters": [], "contexts": [], "users": []}
    for part in filter(None, path.split(os.pathsep)):
        file = os.path.expanduser(part)
        if not os.path.exists(file):
            continue
        try:
            with open(file, encoding="utf-8") as stream:
                content = yaml.safe_load(stream)
        except (OSError, yaml.YAMLError, UnicodeDecodeError) as problem:
            raise ClusterError(f"kubeconfig {file} cannot be read: {problem}. {_CHECK}") from problem
        if not isinstance(content, dict):
            raise ClusterError(f"kubeconfig {file} cannot be used: it is empty or no mapping. {_CHECK}")
        for key in ("clusters", "contexts", "users"):
            merged[key] += content.get(key) or []
        if content.get("current-context"):
            merged.setdefault("current-context", content["current-context"])
    return merged
