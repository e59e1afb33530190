# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""One task of openai_probe: every service asked, every check with its times."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import target
from .checks import CHECKS, CheckError, Question
from .client import Client, ProbeError, over_socket, to_url

if TYPE_CHECKING:
    from .._cluster.cluster import Cluster

#: Makes the connection to the cluster when the first service needs it.
Connect = Callable[[], "Cluster"]


def once(connect: Connect) -> Connect:
    """The same connection for every service; none at all when every service has an address."""
    made: list[Cluster] = []

    def get() -> Cluster:
        if not made:
            made.append(connect())
        return made[0]

    return get


def run(services: list[Mapping[str, Any]], connect: Connect) -> list[dict[str, Any]]:
    """A report for each service, in order."""
    return [_service(service, connect) for service in services]


def _service(service: Mapping[str, Any], connect: Connect) -> dict[str, Any]:
    question = Question(service["model"] or "", service["question"], service["max_tokens"])
    results: list[dict[str, Any]] = []
    client: Client | None = None
    for name in service["checks"]:
        client, result = _insist(name, service, question, client, connect)
        results.append(result)
        if not result["ok"]:
            break  # what comes after would fail for the same reason
    answers = [result["answer"] for result in results if result["check"] in ("chat", "chat_stream", "completions")]
    served = next((result["answer"] for result in results if result["check"] == "models" and result["ok"]), "")
    failed = next((result for result in results if not result["ok"]), None)
    return {
        "name": service["name"],
        "ok": failed is None,
        "model": served,
        "answer": answers[0] if answers else "",
        "checks": results,
        "transcript": client.transcript if client else [],
        "message": f"{service['name']}: {failed['check']}: {failed['message']}" if failed else "",
    }


def _insist(
    name: str, service: Mapping[str, Any], question: Question, client: Client | None, connect: Connect
) -> tuple[Client | None, dict[str, Any]]:
    """A check with its retries; a new client is made as long as there is none."""
    message, attempt = "", 0
    for attempt in range(1, service["retries"] + 2):
        try:
            client = client or Client(_connector(service, connect), _key(service, connect))
            reply = CHECKS[name](client, question)
        except (ProbeError, CheckError) as error:
            message = str(error)
        else:
            times = {
                "seconds": round(reply.answer.seconds, 3),
                "first_token_seconds": round(reply.answer.first_seconds, 3),
            }
            return client, {
                "check": name,
                "ok": True,
                "answer": reply.text,
                "message": "",
                "attempts": attempt,
                **times,
            }
        if attempt <= service["retries"]:
            time.sleep(service["delay"])
    failed = {"check": name, "ok": False, "answer": "", "message": message, "attempts": attempt}
    return client, {**failed, "seconds": 0.0, "first_token_seconds": 0.0}


def _connector(service: Mapping[str, Any], connect: Connect) -> Any:
    if service["url"]:
        return to_url(service["url"], service["timeout_seconds"], service["url_ca_cert"], service["url_validate_certs"])
    cluster = connect()

    def dial() -> Any:
        # The pod is chosen for each connection: a rollout may replace it between two checks.
        pod, port = target.ready_pod(cluster, service)
        return cluster.port_forward(service["namespace"], pod, port)

    return over_socket(dial, service["timeout_seconds"])


def _key(service: Mapping[str, Any], connect: Connect) -> str:
    reference = service["api_key_secret"]
    if not reference:
        return str(service["server_key"] or "")
    secret = connect().get("v1", "Secret", reference["name"], namespace=service["namespace"])
    place = f"Secret {service['namespace']}/{reference['name']}"
    if secret is None:
        raise ProbeError(f"{place} does not exist; create it or correct api_key_secret")
    if reference["key"] not in (secret.get("data") or {}):
        raise ProbeError(
            f"{place} has no key {reference['key']}; it has {', '.join(secret.get('data') or {}) or 'none'}"
        )
    return base64.b64decode(secret["data"][reference["key"]]).decode().strip()
