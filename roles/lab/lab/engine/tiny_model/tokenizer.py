"""A byte-level tokenizer: one token a byte, Qwen's special tokens, and one merge for readers that want any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .files import write_json

SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>"),
    *("<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"),
    *("<|image_pad|>", "<|video_pad|>"),
)
PLAIN = ("<tool_call>", "</tool_call>", "<think>", "</think>")
BYTES = 256
SIZE = BYTES + len(SPECIAL) + len(PLAIN) + 1
MERGE = "\u0120 t"
CHAT = """\
{%- if messages[0].role != 'system' -%}<|im_start|>system
You are a helpful assistant.<|im_end|>
{% endif -%}
{%- for message in messages -%}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}
"""
_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}


def token_id(token: str) -> int:
    """The number of a special or plain added token."""
    return BYTES + (*SPECIAL, *PLAIN).index(token)


def byte_symbols() -> list[str]:
    """A printable character for each byte: itself where it is one, else the next from 256 on."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = iter(range(BYTES, 2 * BYTES))
    return [chr(byte) if byte in printable else chr(next(hidden)) for byte in range(BYTES)]


def write_tokenizer(out: Path, max_length: int) -> None:
    """tokenizer.json and the older files beside it."""
    vocabulary = {symbol: number for number, symbol in enumerate(byte_symbols())}
    vocabulary[MERGE.replace(" ", "")] = SIZE - 1
    added = [_added(token) for token in (*SPECIAL, *PLAIN)]
    write_json(out / "tokenizer.json", _document(vocabulary, added))
    write_json(out / "vocab.json", vocabulary)
    (out / "merges.txt").write_text(f"#version: 0.2\n{MERGE}\n", encoding="utf-8")
    (out / "chat_template.jinja").write_text(CHAT, encoding="utf-8")
    write_json(
        out / "tokenizer_config.json",
        {
            "tokenizer_class": "Qwen2Tokenizer",
            "model_max_length": max_length,
            "added_tokens_decoder": {
                str(entry["id"]): {key: value for key, value in entry.items() if key != "id"} for entry in added
            },
            "additional_special_tokens": SPECIAL[1:],
            "bos_token": None,
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "unk_token": None,
            "add_prefix_space": False,
            "split_special_tokens": False,
            "errors": "replace",
            "clean_up_tokenization_spaces": False,
            "chat_template": CHAT,
        },
    )


def _added(token: str) -> dict[str, Any]:
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": token_id(token), "content": token, **plain, "special": token in SPECIAL}


def _document(vocabulary: dict[str, int], added: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": _LEVEL,
        "post_processor": _LEVEL,
        "decoder": _LEVEL,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": vocabulary,
            "merges": [MERGE],
        },
    }
