"""The stand-in against the real ms-swift: the same requests, the same status, shape, framing and end."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import threading
import time
from typing import Any

import pytest

from .conftest import NAMES, Engine, Reply, Served, serve

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

HI = [{"role": "user", "content": "hi"}]
CHAT, TEXT, EMBED = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
#: values that are news at every answer
NEWS = {"id", "created", "content", "text"}
#: tokens of an answer that takes seconds on any machine, and fits the model's window
LONG = 1800


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "tiny", "max_tokens": 4, **fields}).encode()


INFER = json.dumps({"infer_requests": [{"messages": HI}], "request_config": {"max_tokens": 3}}).encode()
REQUESTS: dict[str, tuple[str, str, bytes, str | None]] = {
    "health": ("GET", "/health", b"", None),
    "health with a slash": ("GET", "/health/", b"", None),
    "ping": ("POST", "/ping", b"", None),
    "models need no key": ("GET", "/v1/models", b"", None),
    "no metrics": ("GET", "/metrics", b"", "k1"),
    "no metrics without key": ("GET", "/metrics", b"", None),
    "wrong method": ("GET", CHAT, b"", "k1"),
    "wrong key": ("POST", CHAT, body(messages=HI), "bad"),
    "no key": ("POST", CHAT, body(messages=HI), None),
    "key that is not ASCII": ("POST", CHAT, body(messages=HI), "k\u00e9"),
    "chat": ("POST", CHAT, body(messages=HI), "k1"),
    "chat with a system message": ("POST", CHAT, body(messages=[{"role": "system", "content": "s"}, *HI]), "k1"),
    "chat in Chinese": ("POST", CHAT, body(messages=[{"role": "user", "content": "\u4f60\u597d"}]), "k1"),
    "completion": ("POST", TEXT, body(prompt="hi"), "k1"),
    "embedding without an embedding model": ("POST", EMBED, body(input="hi"), "k1"),
    "infer": ("POST", "/infer/", INFER, "k1"),
    "unknown model": ("POST", CHAT, body(model="other", messages=HI), "k1"),
    "no JSON": ("POST", CHAT, b"{bad", "k1"),
    "no object": ("POST", CHAT, b"[1]", "k1"),
    "no body": ("POST", CHAT, b"", "k1"),
    "no messages": ("POST", CHAT, body(), "k1"),
    "empty messages": ("POST", CHAT, body(messages=[]), "k1"),
    "messages of the wrong type": ("POST", CHAT, body(messages="x"), "k1"),
    "max_tokens of the wrong type": ("POST", CHAT, body(messages=HI, max_tokens="x"), "k1"),
    "too many logprobs": ("POST", CHAT, body(messages=HI, logprobs=True, top_logprobs=50), "k1"),
    "prompt beyond the window": ("POST", CHAT, body(messages=[{"role": "user", "content": "x" * 3000}]), "k1"),
}  # fmt: skip


def shape(value: Any, name: str = "") -> Any:
    """The value without what differs from answer to answer."""
    if isinstance(value, dict):
        return {key: shape(child, key) for key, child in value.items()}
    if isinstance(value, list):
        return [shape(child, name) for child in value]
    return type(value).__name__ if name in NEWS else value


def parsed(reply: Reply) -> Any:
    return shape(json.loads(reply.text)) if reply.kind == "application/json" else reply.text


@pytest.mark.parametrize("name", REQUESTS)
def test_same_answer(served: dict[str, Served], name: str) -> None:
    real, standin = (served[engine].ask(*REQUESTS[name]) for engine in NAMES)
    assert (standin.status, standin.kind) == (real.status, real.kind)
    assert parsed(standin) == parsed(real)


@pytest.mark.parametrize(("path", "fields"), [(CHAT, {"messages": HI}), (TEXT, {"prompt": "hi"})])
def test_same_stream(served: dict[str, Served], path: str, fields: dict[str, Any]) -> None:
    """Events, blank lines, keys of a chunk, [DONE]; how the words are cut is the model's affair."""
    shapes = []
    for name in NAMES:
        reply = served[name].ask("POST", path, body(stream=True, max_tokens=40, **fields))
        assert reply.status == 200
        assert reply.kind == "text/event-stream"
        events = reply.text.split("\n\n")
        assert events[-2:] == ["data: [DONE]", ""]
        chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
        assert all(event.startswith("data: ") for event in events[:-1])
        first, last = chunks[0], chunks[-1]
        assert {chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]} <= {None}
        shapes.append((skeleton(first), skeleton(last), last["usage"], last["choices"][0]["finish_reason"]))
    assert shapes[0] == shapes[1]


def skeleton(value: Any) -> Any:
    """Keys alone."""
    if isinstance(value, dict):
        return {key: skeleton(child) for key, child in value.items()}
    return [skeleton(value[0])] if isinstance(value, list) and value else None


def test_answers_come_one_after_another(served: dict[str, Served]) -> None:
    for name in NAMES:
        ends: list[float] = []

        def ask(one: Served = served[name], ends: list[float] = ends) -> None:
            one.ask("POST", CHAT, body(messages=HI, max_tokens=100))
            ends.append(time.monotonic())

        start = time.monotonic()
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        first, _, last = sorted(end - start for end in ends)
        # Three in a row end at 1, 2 and 3; together they would all end at 1. A busy machine blurs both.
        assert last > 1.5 * first, f"{name}: {ends}"


@pytest.mark.parametrize("name", NAMES)
def test_sigterm_closes_the_door_and_finishes_the_answer(engines: dict[str, Engine], name: str) -> None:
    one = serve(engines[name], "--host", "127.0.0.1")
    model = engines[name].model.name
    request = json.dumps({"model": model, "max_tokens": LONG, "stream": True, "messages": HI})
    connection = http.client.HTTPConnection("127.0.0.1", one.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", CHAT, request, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        begin = answer.readline()
        one.process.send_signal(signal.SIGTERM)
        closed_with = wait_until_refused(one)
        rest = answer.read().decode()
    assert closed_with is None, "the engine ended before its answer did"
    assert begin.startswith(b"data: ")
    assert rest.endswith("data: [DONE]\n\n")
    assert one.process.wait(30) == -signal.SIGTERM


def wait_until_refused(one: Served) -> int | None:
    """The exit status of the engine at the moment in which nobody can connect any more; None while it runs."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", one.port)) != 0:
                return one.process.poll()
        time.sleep(0.02)
    raise AssertionError("the door is still open")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--model", "{model}", "--no_such_option", "1"], 1, "remaining_argv: ['--no_such_option', '1']"),
        (["--model", "{model}", "--infer_backend", "abacus"], 2, "invalid choice: 'abacus'"),
        (["--model", "{empty}"], 1, "config.json"),
        (["--model", "{model}", "--adapters", "/nowhere/checkpoint-1"], 1, "/nowhere/checkpoint-1' not found"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_wrong_starts(engines: dict[str, Engine], name: str, arguments: list[str], status: int, message: str) -> None:
    engine = engines[name]
    empty = engine.work / "models/Qwen/Qwen2.5-0.5B-Instruct"
    empty.mkdir(parents=True, exist_ok=True)
    words = [word.format(model=engine.model, empty=empty) for word in arguments]
    code, text = engine.run("swift.cli.deploy", *words)
    assert code == status
    assert message in text


def test_a_busy_port_is_left_for_the_next(engines: dict[str, Engine]) -> None:
    """Silently: the chart's launcher looks first, because probes and Service would miss it."""
    engine = engines["standin"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = engine.start("swift.cli.deploy", "--model", str(engine.model), "--port", str(port))
        try:
            one = Served(engine, process, port + 1, engine.work / "none")
            deadline = time.monotonic() + 10
            while not one.ready():
                assert time.monotonic() < deadline
                time.sleep(0.1)
        finally:
            process.terminate()
            process.wait(10)


def test_same_files_of_a_training(engines: dict[str, Engine]) -> None:
    found = []
    for name in NAMES:
        engine = engines[name]
        output = engine.work / "sft"
        code, text = engine.run(
            *("swift.cli.sft", "--model", str(engine.model), "--dataset", str(engine.work / "data/sft.jsonl")),
            *("--tuner_type", "lora", "--torch_dtype", "float32", "--max_steps", "2", "--save_steps", "1"),
            *("--logging_steps", "1", "--per_device_train_batch_size", "1", "--gradient_accumulation_steps", "1"),
            *("--output_dir", str(output), "--add_version", "false", "--report_to", "none"),
        )
        assert code == 0, text[-3000:]
        records = [json.loads(line) for line in (output / "logging.jsonl").read_text().splitlines()]
        steps = [entry["global_step/max_steps"] for entry in records if "global_step/max_steps" in entry]
        state = json.loads((output / "checkpoint-2/trainer_state.json").read_text())
        assert (output / "checkpoint-2/adapter_model.safetensors").exists()
        found.append((steps, state["global_step"], state["max_steps"], os.readlink(output / "last-checkpoint")))
    assert found[0] == found[1]
