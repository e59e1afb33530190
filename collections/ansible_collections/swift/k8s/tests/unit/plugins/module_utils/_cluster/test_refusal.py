"""What people are told when the API server refuses or does not answer."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.swift.k8s.plugins.module_utils._cluster import errors
from ansible_collections.swift.k8s.plugins.module_utils._cluster.refusal import refusal, unreachable


def denied(resource: str, group: str, where: str, verb: str = "list") -> errors.ClusterError:
    """The refusal of a request without permission."""
    user = "system:serviceaccount:ci:bot"
    told = f'User "{user}" cannot {verb} resource "{resource}" in API group "{group}" {where}'
    return refusal(403, json.dumps({"message": told}).encode(), "GET", "/x")


def test_a_missing_role_is_given_as_yaml() -> None:
    error = denied("daemonsets", "apps", 'in the namespace "gpu"')
    assert isinstance(error, errors.Forbidden)
    headline, _newline, text = str(error).partition("\n")
    assert headline == (
        "system:serviceaccount:ci:bot may not list daemonsets.apps in the namespace gpu. Have this Role bound to it:"
    )
    assert yaml.safe_load(text) == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "swift-k8s-list-daemonsets", "namespace": "gpu"},
        "rules": [{"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["list"]}],
    }


def test_a_missing_cluster_role_of_a_subresource() -> None:
    text = str(denied("pods/log", "", "at the cluster scope", verb="get")).partition("\n")[2]
    role = yaml.safe_load(text)
    assert (role["kind"], role["metadata"]) == ("ClusterRole", {"name": "swift-k8s-get-pods-log"})
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}]


def test_a_quota_is_no_missing_permission() -> None:
    told = 'pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'
    assert str(refusal(403, json.dumps({"message": told}).encode(), "POST", "/x")) == told


@pytest.mark.parametrize(
    ("status", "data", "kind", "text"),
    [
        (401, b'{"message": "Unauthorized"}', errors.Unauthorized, "Unauthorized: renew the credentials"),
        (503, b"", errors.ClusterError, "GET /x was answered with status 503"),
        (502, b"<html>bad gateway</html>", errors.ClusterError, "<html>bad gateway</html>"),
        (410, b'{"message": "too old"}', errors.Gone, "too old"),
    ],
)
def test_other_refusals(status: int, data: bytes, kind: type[Exception], text: str) -> None:
    error = refusal(status, data, "GET", "/x")
    assert error.__class__ is kind
    assert text in str(error)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("certificate verify failed: certificate has expired", "its certificate has expired: renew it on the control"),
        ("sslv3 alert certificate expired", "does not accept the client certificate: renew the kubeconfig"),
        ("certificate verify failed: Hostname mismatch", "its certificate is for another name"),
        ("certificate verify failed: self-signed certificate", "signed by an unknown authority: set ca_cert"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "does not speak TLS: write http://"),
        ("Connection refused", r"cannot be reached (Connection refused): check address"),
    ],
)
def test_no_answer(cause: str, text: str) -> None:
    outer = OSError("the pool gave up")
    outer.__cause__ = OSError(cause)
    assert text in str(unreachable("https://192.0.2.1:6443", outer))
