"""Callers neither read the pod's files nor make it call inside addresses: the real ms-swift, as the chart starts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.chart import ask, chat, entry, place, until

pytestmark = pytest.mark.lab
NODE_PORT = 30812
#: no picture, but one that is looked at
LOOKED_AT = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with place("chart-media") as made:
        service = {"type": "NodePort", "nodePort": NODE_PORT}
        made.install(
            *("real", {"image": {"repository": "lab.registry/ms-swift"}, "service": service, "drainSeconds": 1}),
            *("--wait", "--timeout=180s"),
        )
        with entry(NODE_PORT) as found:
            until(lambda: ask(found, chat("hello", max_tokens=1))[0] == 200, 60, "an answer")
            yield found
        made.helm("uninstall", "real", "--wait")


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("/etc/passwd", "Refusing to read the media file"),
        ("file:///etc/passwd", "Refusing to read the media file"),
        ("/var/empty/swift/../../../etc/passwd", "Refusing to read the media file"),
        ("/cache/models/swift-lab/Qwen2.5-tiny-random/config.json", "Refusing to read the media file"),
        ("http://10.96.0.1/", "which is not a public address"),
        ("http://127.0.0.1:8000/health", "which is not a public address"),
        ("http://hub.lab:8099/", "which is not a public address"),
        ("http://169.254.169.254/latest/meta-data", "inside the metadata range"),
        (LOOKED_AT, "cannot identify image file"),
    ],
)
def test_media(address: str, url: str, refusal: str) -> None:
    picture = {"type": "image_url", "image_url": {"url": url}}
    status, text = ask(address, chat([{"type": "text", "text": "What is this?"}, picture]))
    assert status in (400, 422)
    assert refusal in text
