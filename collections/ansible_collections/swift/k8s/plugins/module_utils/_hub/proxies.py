# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Which proxy, if any, stands between us and an address. Pure: the environment is an argument."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from .errors import BadSetting

#: the value of `proxy` that means: never, whatever the environment says
NEVER = "none"


class Proxy(NamedTuple):
    host: str
    port: int
    #: the value of Proxy-Authorization, or an empty string
    authorization: str


def proxy_for(url: str, setting: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for a URL: the model's own setting first, then HTTPS_PROXY or HTTP_PROXY less NO_PROXY."""
    if setting == NEVER:
        return None
    if setting:
        return _parse(setting)
    target = urlsplit(url)
    found = _variable(environ, f"{target.scheme}_proxy") or _variable(environ, "all_proxy")
    if not found or bypassed(target.hostname or "", target.port, _variable(environ, "no_proxy")):
        return None
    return _parse(found)


def bypassed(host: str, port: int | None, no_proxy: str) -> bool:
    """Whether NO_PROXY names this host: `*`, names and their subdomains, `host:port`, addresses and CIDR ranges."""
    for raw in no_proxy.split(","):
        entry = raw.strip().lower()
        if not entry:
            continue
        if entry == "*":
            return True
        name, colon, wanted_port = entry.rpartition(":")
        if colon and wanted_port.isdecimal() and ":" not in name:
            if port != int(wanted_port):
                continue
            entry = name
        entry = entry.lstrip("*").lstrip(".")
        if host.lower() == entry or host.lower().endswith("." + entry) or _in_range(host, entry):
            return True
    return False


def _in_range(host: str, entry: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _parse(value: str) -> Proxy:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        port = parts.port or 80
    except ValueError as error:
        # not with its value, which may hold a password
        raise BadSetting("the proxy's host or port cannot be parsed", "Write http://proxy.example.com:3128") from error
    if parts.scheme != "http" or not parts.hostname:
        raise BadSetting(
            f"proxy {parts.scheme}://{parts.hostname or ''} is not usable",
            "Give an address that starts with http://; SOCKS and TLS to the proxy itself are not supported",
        )
    authorization = ""
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode()
    return Proxy(parts.hostname, port, authorization)
