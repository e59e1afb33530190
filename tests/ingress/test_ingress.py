"""Callers come through a real controller, by HTTPS and with a key or a password: Traefik, which reads Ingresses of its
own class, those with the annotations of ingress-nginx, and the Gateway API.

`make test-ingress` (Traefik is compiled the first time: about eight minutes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ingress.https import Door, basic, bearer, certificate, hashed
from tests.lab.chart import chat, entry, place, until

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]
HTTPS_PORT = 30443
KEY, PASSWORD = "canary-4713", "canary-4714"
#: way in -> host name
KEYED = {"traefik": "traefik.example.org", "nginx": "nginx.example.org", "gateway": "gateway.example.org"}
SIGNED = {"traefik": "people.traefik.example.org", "nginx": "people.nginx.example.org"}
SESSIONS = "sessions.nginx.example.org"
HOSTS = (*KEYED.values(), *SIGNED.values(), SESSIONS)
ANSWER_SECONDS = 3
RELEASE: dict[str, Any] = {"drainSeconds": 1, "env": {"LAB_ENGINE_ANSWER_SECONDS": str(ANSWER_SECONDS)}}
GATEWAY: dict[str, Any] = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "public"},
    "spec": {
        "gatewayClassName": "traefik",
        "listeners": [
            {
                "name": "https",
                "protocol": "HTTPS",
                "port": 8443,
                "hostname": KEYED["gateway"],
                "tls": {"mode": "Terminate", "certificateRefs": [{"name": "tls"}]},
            }
        ],
    },
}
PEOPLE = {
    "apiVersion": "traefik.io/v1alpha1",
    "kind": "Middleware",
    "metadata": {"name": "people"},
    "spec": {"basicAuth": {"secret": "people"}},
}


#: says who has a session, as oauth2-proxy does behind its /oauth2/auth
CHECKER = """
import http.server
class Check(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = "session=canary-4715" in (self.headers.get("Cookie") or "")
        self.send_response(202 if known else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_POST = do_GET
http.server.ThreadingHTTPServer(("", 8080), Check).serve_forever()
"""
CONTAINER: dict[str, Any] = {
    "name": "checker",
    "image": "lab.registry/python:3.11",
    "command": ["python3", "-c", CHECKER],
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
SIGN_IN: list[dict[str, Any]] = [
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "checker", "labels": {"app": "checker"}},
        "spec": {
            "containers": [CONTAINER],
            "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "checker"},
        "spec": {"selector": {"app": "checker"}, "ports": [{"port": 8080}]},
    },
]


def ingress(controller: str, host: str, **more: Any) -> dict[str, Any]:
    named = {"enabled": True, "className": controller, "controller": controller, "hosts": [host], "tlsSecret": "tls"}
    return {"ingress": {**named, **more}}


def keyed(way: str) -> dict[str, Any]:
    """Values of a service whose proxy asks for the key."""
    guarded = {**RELEASE, "apiKey": {"existingSecret": "key"}, "proxy": {"enabled": True, "maxBodyMiB": 1}}
    if way == "gateway":
        route = {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": [KEYED[way]]}
        return {**guarded, "httpRoute": route}
    return {**guarded, **ingress(way, KEYED[way])}


def signed(way: str, namespace: str) -> dict[str, Any]:
    """Values of a service without a key, where the controller asks for a password."""
    middleware = f"{namespace}-people@kubernetescrd" if way == "traefik" else ""
    auth = {"type": "basic", "secret": "people", "middleware": middleware}
    return {**RELEASE, **ingress(way, SIGNED[way], auth=auth)}


def sessions(namespace: str) -> dict[str, Any]:
    """Values of a service behind somebody else's sign-in."""
    url = f"http://checker.{namespace}:8080/oauth2/auth"
    return {**RELEASE, **ingress("nginx", SESSIONS, auth={"type": "oidc", "url": url, "signIn": "https://x/start"})}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Every service behind its way in, and a way to them from this machine."""
    pair = certificate(tmp_path_factory.mktemp("tls"), HOSTS)
    with place("ingress", "pod-security.kubernetes.io/enforce=restricted") as made:
        made.given("secret tls", "tls", f"--cert={pair[0]}", f"--key={pair[1]}")
        made.given("secret generic", "key", f"--from-literal=api-key={KEY}")
        users = f"anna:{hashed(PASSWORD)}"
        made.given("secret generic", "people", f"--from-literal=auth={users}")
        for item in (GATEWAY, PEOPLE, *SIGN_IN):
            made.kubectl("apply", "--filename=-", stdin=json.dumps(item))
        releases = {f"key-{way}": keyed(way) for way in KEYED}
        releases |= {f"sign-{way}": signed(way, made.namespace) for way in SIGNED}
        releases["sessions"] = sessions(made.namespace)
        for name, values in releases.items():
            made.install(name, values)
        for name in releases:
            made.kubectl("rollout", "status", f"deployment/{name}-ms-swift", "--timeout=90s")
        with entry(HTTPS_PORT) as address:
            found = Door(int(address.rpartition(":")[2]), pair[0])
            for host in HOSTS:
                until(lambda host=host: found.status(host, chat("hello")) == 401, 30, f"a service behind {host}")
            yield found
        for name in releases:
            made.helm("uninstall", name)


@pytest.mark.parametrize("way", KEYED)
def test_only_the_right_key_is_answered(door: Door, way: str) -> None:
    headers: dict[str, dict[str, str]] = {"none": {}, "wrong": bearer("wrong"), "right": bearer(KEY)}
    found = {name: door.ask(KEYED[way], chat("hello"), **given) for name, given in headers.items()}
    assert {name: answer.status for name, answer in found.items()} == {"none": 401, "wrong": 401, "right": 200}
    assert "The API key is missing or wrong" in found["wrong"].text
    assert json.loads(found["right"].text)["choices"][0]["message"]["content"]


@pytest.mark.parametrize("way", KEYED)
def test_tokens_come_as_they_are_made(door: Door, way: str) -> None:
    answer = door.ask(KEYED[way], chat("hello", stream=True), **bearer(KEY))
    assert answer.status == 200
    assert answer.text.rstrip().endswith("data: [DONE]")
    assert answer.first < ANSWER_SECONDS / 2 < answer.last, "the answer came in one piece"


@pytest.mark.parametrize("way", KEYED)
def test_a_great_body_is_refused(door: Door, way: str) -> None:
    """The pod answers before it has read it all; a controller that is still sending then may say bad gateway."""
    answer = door.ask(KEYED[way], "x" * ((1 << 20) + 1), **bearer(KEY))
    assert answer.status in {413, 502}


@pytest.mark.parametrize("way", SIGNED)
def test_only_the_right_password_is_answered(door: Door, way: str) -> None:
    headers: list[dict[str, str]] = [{}, basic("anna", "wrong"), basic("anna", PASSWORD)]
    assert [door.ask(SIGNED[way], chat("hello"), **given).status for given in headers] == [401, 401, 200]


def test_only_a_session_is_answered(door: Door) -> None:
    headers: list[dict[str, str]] = [{}, {"Cookie": "session=wrong"}, {"Cookie": "session=canary-4715"}]
    assert [door.ask(SESSIONS, chat("hello"), **given).status for given in headers] == [401, 401, 200]


def test_another_name_is_nobodys(door: Door) -> None:
    with pytest.raises(OSError, match="certificate"):
        door.ask("other.example.org", chat("hello"), **bearer(KEY))
