"""The web interfaces of the real ms-swift in real pods, behind the sign-in of the chart's proxy."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.gradio import Page
from tests.engine.jobs import pods
from tests.engine.test_pipeline import KEY, NODE
from tests.lab.chart import MODEL, Place, entry, place, until

pytestmark = [pytest.mark.engine, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(300)]
NODE_PORT = 30814
VALUES: dict[str, Any] = {
    "image": {"repository": "lab.registry/ms-swift", "tag": "4.6.0-ui"},
    "nodeSelector": {"kubernetes.io/hostname": NODE},
    "apiKey": {"existingSecret": "key"},
    "proxy": {"enabled": True},
    "service": {"type": "NodePort", "nodePort": NODE_PORT},
    "drainSeconds": 1,
}
REACHED = """
import json, socket, sys
def reached(port):
    with socket.socket() as s:
        s.settimeout(2)
        return s.connect_ex((sys.argv[1], port)) == 0
print(json.dumps([port for port in (8000, 8001, 8081) if reached(port)]))
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Place]:
    """A namespace that enforces Pod Security."""
    with place("engine-ui", "pod-security.kubernetes.io/enforce=restricted") as made:
        made.given("secret generic", "key", f"--from-literal=api-key={KEY}")
        yield made


@contextlib.contextmanager
def shown(site: Place, task: str, **values: Any) -> Iterator[Page]:
    """A page that a person has signed in to, gone afterwards."""
    site.install("ui", {**VALUES, "task": task, **values}, "--wait", "--timeout=150s")
    with entry(NODE_PORT) as address:
        until(lambda: Page(address).get()[0] == 401, 30, "a sign-in")
        assert Page(address, "wrong").get()[0] == 401
        assert Page(address).get("/gradio_api/queue/data?session_hash=lab")[0] == 401
        page = Page(address, KEY)
        assert page.get()[0] == 200
        yield page
    site.helm("uninstall", "ui", "--wait")


def ports(site: Place) -> str:
    """Those of the pod that answer at its own address, where other pods come in."""
    (pod,) = pods(site, "ui")
    words = ("exec", pod["metadata"]["name"], "--container=engine", "--", "python", "-c", REACHED)
    return site.kubectl(*words, pod["status"]["podIP"]).strip()


def chatted(page: Page, question: str) -> str:
    """What the page shows below a question."""
    (history, *_) = page.call("add_text", [], None, question)
    ((asked, answer),) = page.call("partial", history, None, None)[0]
    assert asked == question
    return str(answer)


def test_app_answers_a_person_who_signed_in(site: Place) -> None:
    with shown(site, "app", extraArgs={"max_new_tokens": 8}) as page:
        assert MODEL in str(page.config()["components"])
        assert ports(site) == "[8081]"
        assert chatted(page, "What is 1 + 1?")
        assert KEY not in site.kubectl("logs", "deployment/ui-ms-swift", "--all-containers")


def test_app_asks_a_running_service_and_loads_nothing(site: Place) -> None:
    named = {"servedName": "sums"}
    serve = {"image": VALUES["image"], "nodeSelector": VALUES["nodeSelector"], **named}
    site.install("serve", serve, "--wait", "--timeout=150s")
    values = {**named, "ui": {"baseUrl": "http://serve-ms-swift:8080/v1"}, "extraArgs": {"max_new_tokens": 8}}
    with shown(site, "app", **values) as page:
        assert "<font size=8>sums<" in str(page.config()["components"])
        assert chatted(page, "What is 1 + 1?")
        assert "--model sums" in site.kubectl(
            "get", "deployment", "ui-ms-swift", "--output=jsonpath={.metadata.annotations}"
        )
    site.helm("uninstall", "serve", "--wait")


def test_web_ui_shows_its_pages_to_a_person_who_signed_in(site: Place) -> None:
    with shown(site, "web-ui", model={"id": ""}) as page:
        config = page.config()
        assert config["title"] == "SWIFT WebUI"
        tabs = {item["props"].get("label") for item in config["components"] if item["type"] == "tabitem"}
        assert {"LLM PT/SFT", "LLM Inference"} <= tabs
        assert ports(site) == "[8081]"
