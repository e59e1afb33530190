# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""Answers and failures -> typed errors that say what to do. Pure."""

from __future__ import annotations

import json
import re

from . import errors

KINDS = {
    400: errors.Invalid,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Gone,
    422: errors.Invalid,
    429: errors.TooManyRequests,
}
_DENIED = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]+)")?'
)
#: What a TLS library says -> what that means and what to do.
_TLS = (
    (r"certificate has expired", "its certificate has expired: renew it on the control plane, or correct its clock"),
    (r"certificate expired|alert certificate", "it does not accept the client certificate: renew the kubeconfig"),
    (r"hostname|IP address mismatch|doesn't match", "its certificate is for another name: use a name it lists"),
    (
        r"self.signed|unable to get (local )?issuer|CERTIFICATE_VERIFY",
        "its certificate is signed by an unknown authority: set ca_cert, or correct the authority in the kubeconfig",
    ),
    (r"WRONG_VERSION_NUMBER|record layer", "it does not speak TLS: write http:// in the address, or correct the port"),
)


def refusal(status: int, data: bytes, method: str, path: str) -> errors.ClusterError:
    """The error of an answer from 400 on, with the API server's own sentence."""
    try:
        said = str(json.loads(data).get("message", ""))
    except (ValueError, AttributeError):
        said = data[:200].decode(errors="replace").strip()
    said = said or f"{method} {path} was answered with status {status}"
    if status == 401:
        said = f"{said}: renew the credentials (token, certificate or kubeconfig)."
    denied = _DENIED.search(said) if status == 403 else None
    if denied:
        said = _missing_role(denied)
    return KINDS.get(status, errors.ClusterError)(said)


def _missing_role(denied: re.Match[str]) -> str:
    group, namespace = denied["group"], denied["namespace"]
    kind = "Role" if namespace else "ClusterRole"
    where = f"in the namespace {namespace}" if namespace else "in the whole cluster"
    resource = f"{denied['resource']}.{group}" if group else denied["resource"]
    scope = f", namespace: {namespace}" if namespace else ""
    name = f"swift-k8s-{denied['verb']}-{denied['resource'].replace('/', '-')}"
    return (
        f"{denied['user']} may not {denied['verb']} {resource} {where}. Have this {kind} bound to it:\n"
        f"apiVersion: rbac.authorization.k8s.io/v1\n"
        f"kind: {kind}\n"
        f"metadata: {{name: {name}{scope}}}\n"
        f'rules: [{{apiGroups: ["{group}"], resources: [{denied["resource"]}], verbs: [{denied["verb"]}]}}]'
    )


def unreachable(host: str, problem: BaseException) -> errors.Unreachable:
    """The error of a request that got no answer."""
    told = distrust(problem)
    if told:
        return errors.Unreachable(f"{host} cannot be trusted: {told}.")
    return errors.Unreachable(f"{host} cannot be reached ({reason(problem)}): check address, network and proxy.")


def distrust(problem: BaseException) -> str | None:
    """What is wrong with certificates, which no repetition mends; None for other failures, broken handshakes too."""
    cause = reason(problem)
    return next((text for pattern, text in _TLS if re.search(pattern, cause, re.IGNORECASE)), None)


def reason(problem: BaseException) -> str:
    """The innermost cause, which names the trouble; the outer ones name the library's classes."""
    while (inner := getattr(problem, "reason", None) or problem.__cause__) is not None and inner is not problem:
        if not isinstance(inner, BaseException):
            return str(inner)
        problem = inner
    return str(problem) or type(problem).__name__
