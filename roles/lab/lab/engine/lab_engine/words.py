"""How many tokens a prompt has, and what the answer says: as the lab's tiny model, one token a byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
_MARKS = 2  # <|im_start|> and <|im_end|>
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = 6


def prompt_tokens(messages: Sequence[dict[str, Any]]) -> int:
    """Tokens of the whole chat in Qwen's format."""
    talk = list(messages)
    if not talk or talk[0].get("role") != "system":
        talk.insert(0, {"role": "system", "content": SYSTEM})
    size = sum(_MARKS + len(f"{said.get('role')}\n{content(said)}\n".encode()) for said in talk)
    return size + 1 + len(b"assistant\n")


def content(message: dict[str, Any]) -> str:
    """The text of a message; pictures say nothing here."""
    said = message.get("content")
    if isinstance(said, list):
        return "".join(str(part.get("text", "")) for part in said if isinstance(part, dict))
    return str(said or "")


def answer(seed: str, tokens: int) -> str:
    """Letters and spaces, `tokens` of them, the same for the same question."""
    start = sum(seed.encode()) % len(_LETTERS)
    return "".join(
        " " if number % _WORD == _WORD - 1 else _LETTERS[(start + number) % len(_LETTERS)] for number in range(tokens)
    )


def pieces(text: str) -> Iterator[str]:
    """A stream sends word by word."""
    while text:
        end = text.find(" ") + 1 or len(text)
        yield text[:end]
        text = text[end:]
