"""Which requests are refused, with the words and codes of FastAPI and of ms-swift. Pure."""

from __future__ import annotations

import json
from typing import Any, Optional

Refusal = tuple[int, Any]
_WHOLE = ("max_tokens", "top_k", "n", "seed", "top_logprobs")


def body(raw: bytes, kind: str, required: tuple[str, ...]) -> tuple[dict[str, Any], Optional[Refusal]]:
    """The request as a dictionary, or why it is none."""
    if not raw:
        return {}, _invalid("missing", ["body"], "Field required", None)
    try:
        request = json.loads(raw)
    except ValueError as error:
        at, reason = getattr(error, "pos", 0), getattr(error, "msg", str(error))
        return {}, _invalid("json_invalid", ["body", at], "JSON decode error", {}, {"error": reason})
    if not isinstance(request, dict):
        text = f"Input should be a dictionary or an instance of {kind}"
        return {}, _invalid("dataclass_type", ["body"], text, request, {"class_name": kind})
    return request, _fields(request, required)


def key(header: str, api_key: str) -> Optional[Refusal]:
    """The API key, which ms-swift refuses with 400 and, when it is not ASCII, with 500."""
    if not api_key:
        return None
    given = header[len("Bearer ") :] if header.startswith("Bearer ") else None
    if given is not None and not given.isascii():
        return 500, None
    return None if given == api_key else error(400, "API key error")


def model(name: str, served: list[str]) -> Optional[Refusal]:
    """The model's name."""
    return None if name in served else error(400, f"`{name}` is not in the model_list: `{served}`.")


def logprobs(request: dict[str, Any], allowed: int) -> Optional[Refusal]:
    """How many alternatives are asked for."""
    wanted = request.get("top_logprobs")
    if isinstance(wanted, int) and wanted > allowed:
        text = f"The value of top_logprobs({wanted}) is greater than the server's max_logprobs({allowed})."
        return error(400, text)
    return None


def length(tokens: int, window: int) -> Optional[Refusal]:
    """The prompt against the model's window."""
    if tokens <= window:
        return None
    return error(400, f"Current length of row({tokens}) is larger than the max_length({window}).")


def error(status: int, message: str) -> Refusal:
    """ms-swift's own errors."""
    return status, {"message": message, "object": "error"}


def _fields(request: dict[str, Any], required: tuple[str, ...]) -> Optional[Refusal]:
    for name in required:
        if name not in request:
            return _invalid("missing", ["body", name], "Field required", request)
    messages = request.get("messages", [])
    if not isinstance(messages, list):
        return _invalid("list_type", ["body", "messages"], "Input should be a valid list", messages)
    for name in _WHOLE:
        value = request.get(name)
        if isinstance(value, str) and not value.lstrip("-").isdigit():
            text = "Input should be a valid integer, unable to parse string as an integer"
            return _invalid("int_parsing", ["body", name], text, value)
    return None


def _invalid(kind: str, where: list[Any], text: str, given: Any, more: Optional[dict[str, Any]] = None) -> Refusal:
    detail = {"type": kind, "loc": where, "msg": text, "input": given, **({"ctx": more} if more else {})}
    return 422, {"detail": [detail]}
