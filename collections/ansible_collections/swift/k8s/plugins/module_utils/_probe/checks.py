# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0
"""What a healthy model server answers, check by check. Each returns the answer's text or raises CheckError."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .client import Answer, Client

_PNG_SIDE = 32


class CheckError(Exception):
    """The server answers, but not as it should. str() is a message for people."""


@dataclass(frozen=True)
class Question:
    """What is asked, and of which model."""

    model: str
    text: str = "Say hello."
    max_tokens: int = 16


@dataclass(frozen=True)
class Reply:
    """What a check found: the text to show, and the answer it came from."""

    text: str
    answer: Answer


def health(client: Client, _question: Question) -> Reply:
    answer = _good(client.ask("GET", "/health"))
    return Reply("", answer)


def models(client: Client, question: Question) -> Reply:
    answer = _good(client.ask("GET", "/v1/models"))
    names = [str(item.get("id")) for item in (answer.data or {}).get("data", [])]
    if question.model and question.model not in names:
        raise CheckError(f"serves {', '.join(names) or 'no model'}, not {question.model}; correct the expected model")
    return Reply(", ".join(names), answer)


def chat(client: Client, question: Question) -> Reply:
    answer = _good(client.ask("POST", "/v1/chat/completions", _chat(client, question, question.text)))
    return Reply(_text(answer, lambda data: data["choices"][0]["message"]["content"]), answer)


def chat_stream(client: Client, question: Question) -> Reply:
    body = {**_chat(client, question, question.text), "stream": True}
    answer = _good(client.ask("POST", "/v1/chat/completions", body))
    if not answer.complete:
        raise CheckError(f"the stream ended after {len(answer.events)} events without [DONE]; look at the server's log")
    parts = [
        choice.get("delta", {}).get("content") or "" for event in answer.deltas for choice in event.get("choices", [])
    ]
    if not any(parts):
        raise CheckError("the stream carried no text; look at the server's log")
    return Reply("".join(parts), answer)


def completions(client: Client, question: Question) -> Reply:
    body = {"model": _model(client, question), "prompt": question.text, "max_tokens": question.max_tokens}
    answer = _good(client.ask("POST", "/v1/completions", body))
    return Reply(_text(answer, lambda data: data["choices"][0]["text"]), answer)


def embeddings(client: Client, question: Question) -> Reply:
    body = {"model": _model(client, question), "input": question.text}
    answer = _good(client.ask("POST", "/v1/embeddings", body))
    try:
        vector = answer.data["data"][0]["embedding"]
        sound = bool(vector) and all(isinstance(number, (int, float)) for number in vector)
    except (KeyError, IndexError, TypeError):
        sound = False
    if not sound:
        raise CheckError(
            "answered with something else than an embedding; serve an embedding model with task: embedding"
        )
    return Reply(f"{len(vector)} dimensions", answer)


def image(client: Client, question: Question) -> Reply:
    picture = "data:image/png;base64," + base64.b64encode(png()).decode()
    content = [{"type": "image_url", "image_url": {"url": picture}}, {"type": "text", "text": question.text}]
    answer = _good(client.ask("POST", "/v1/chat/completions", _chat(client, question, content)))
    return Reply(_text(answer, lambda data: data["choices"][0]["message"]["content"]), answer)


CHECKS: Mapping[str, Callable[[Client, Question], Reply]] = {
    "health": health,
    "models": models,
    "chat": chat,
    "chat_stream": chat_stream,
    "completions": completions,
    "embeddings": embeddings,
    "image": image,
}


def png() -> bytes:
    """A small red square, so that a vision model has something to look at."""
    rows = (b"\0" + b"\xff\0\0" * _PNG_SIDE) * _PNG_SIDE
    header = struct.pack(">IIBBBBB", _PNG_SIDE, _PNG_SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chat(client: Client, question: Question, content: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": content}]
    return {
        "model": _model(client, question),
        "messages": messages,
        "max_tokens": question.max_tokens,
        "temperature": 0,
    }


def _model(client: Client, question: Question) -> str:
    """The expected model, or the first one that the server names."""
    if question.model:
        return question.model
    return models(client, question).text.partition(", ")[0]


def _good(answer: Answer) -> Answer:
    if answer.status == 200:
        return answer
    said = answer.data if isinstance(answer.data, dict) else {}
    message = str(said.get("message") or said.get("detail") or answer.text[:200]).strip()
    if answer.status in (401, 403) or "API key" in message:
        raise CheckError(f"status {answer.status}: {message}; name the key's Secret with api_key_secret")
    raise CheckError(f"status {answer.status}: {message or 'no message'}; look at the server's log")


def _text(answer: Answer, pick: Callable[[Any], Any]) -> str:
    try:
        text = pick(answer.data)
    except (KeyError, IndexError, TypeError) as error:
        raise CheckError(f"the answer has not the expected form: {answer.text[:200]}") from error
    if not isinstance(text, str) or not text:
        raise CheckError("the answer is empty; raise max_tokens or look at the server's log")
    return text
