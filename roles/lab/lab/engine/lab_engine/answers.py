"""Answers in ms-swift's shapes. Pure, but for the clock and the identifiers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import words


@dataclass(frozen=True)
class Answer:
    """A finished answer."""

    model: str
    text: str
    prompt_tokens: int
    chat: bool

    @property
    def usage(self) -> dict[str, int]:
        said = len(self.text)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": said,
            "total_tokens": self.prompt_tokens + said,
        }

    def whole(self) -> dict[str, Any]:
        """Without a stream."""
        if self.chat:
            message = {"role": "assistant", "content": self.text, "tool_calls": None, "reasoning_content": None}
            choice = {**_choice("length"), "message": message, "token_ids": None, "routed_experts": None}
            more = {"prompt_token_ids": None, "prompt_logprobs": None, "images_size": None}
            return {**self._head("chatcmpl", "chat.completion"), "choices": [choice], "usage": self.usage, **more}
        more = {"prompt_token_ids": None, "prompt_logprobs": None}
        choice = {**_choice("length"), "text": self.text}
        return {**self._head("cmpl", "text_completion"), "choices": [choice], "usage": self.usage, **more}

    def chunks(self) -> Iterator[dict[str, Any]]:
        """With a stream: each chunk carries the usage so far, the last one the reason for the end."""
        head = self._head(*(("chatcmpl", "chat.completion.chunk") if self.chat else ("cmpl", "text_completion.chunk")))
        said = 0
        for piece in words.pieces(self.text):
            reason = "length" if said + len(piece) == len(self.text) else None
            choice = {**_choice(reason), **(self._delta(piece, said == 0) if self.chat else {"text": piece})}
            said += len(piece)
            usage = {**self.usage, "completion_tokens": said, "total_tokens": self.prompt_tokens + said}
            yield {**head, "choices": [choice], "usage": usage}

    def _delta(self, piece: str, first: bool) -> dict[str, Any]:
        role = "assistant" if first else None
        return {"delta": {"role": role, "content": piece, "tool_calls": None, "reasoning_content": None}}

    def _head(self, kind: str, name: str) -> dict[str, Any]:
        return {"model": self.model, "id": f"{kind}-{uuid.uuid4().hex}", "object": name, "created": int(time.time())}


def _choice(reason: str | None) -> dict[str, Any]:
    return {"index": 0, "finish_reason": reason, "logprobs": None}
