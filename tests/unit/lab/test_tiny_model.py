"""The tiny model: whole, small, the same everywhere."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from lab.engine.tiny_model import write_model, write_rows
from lab.engine.tiny_model.__main__ import main
from lab.engine.tiny_model.tokenizer import SIZE, byte_symbols, token_id
from lab.engine.tiny_model.weights import steering


def header(model: Path) -> tuple[dict[str, Any], int]:
    raw = (model / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + length]), len(raw) - 8 - length


@pytest.mark.parametrize(("kind", "own"), [("qwen2", "q_proj.bias"), ("qwen3", "q_norm.weight")])
def test_weights_fill_the_file_without_gaps(tmp_path: Path, kind: str, own: str) -> None:
    write_model(tmp_path, kind)
    tensors, size = header(tmp_path)
    assert tensors.pop("__metadata__") == {"format": "pt"}
    at = 0
    for _, tensor in sorted(tensors.items()):
        count = 4
        for length in tensor["shape"]:
            count *= length
        assert tensor["data_offsets"] == [at, at + count]
        at += count
    assert at == size
    assert f"model.layers.1.self_attn.{own}" in tensors


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_model(tmp_path / name)
    write_model(tmp_path / "c", seed=1)
    a, b, c = ((tmp_path / name / "model.safetensors").read_bytes() for name in "abc")
    assert a == b != c


def test_ids_agree_between_files(tmp_path: Path) -> None:
    write_model(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    tokenizer = json.loads((tmp_path / "tokenizer.json").read_text())
    ids = [*tokenizer["model"]["vocab"].values(), *(entry["id"] for entry in tokenizer["added_tokens"])]
    assert sorted(ids) == list(range(SIZE)) == list(range(config["vocab_size"]))
    assert config["eos_token_id"] == token_id("<|im_end|>")
    assert len(set(byte_symbols())) == 256


@pytest.mark.parametrize(("stop", "wanted"), [(False, -1.0), (True, 1.07)])
def test_only_with_stop_an_answer_ends(stop: bool, wanted: float) -> None:
    column = steering(SIZE, stop)
    assert column[token_id("<|im_end|>")] == wanted
    assert [number for number, value in enumerate(column[:256]) if value > 0] == [
        ord(sign) for sign in " ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    ]


def test_rows_are_whole_json(tmp_path: Path) -> None:
    write_rows(tmp_path, 3)
    for name in ("sft", "dpo", "kto", "grpo", "pt"):
        rows = [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()]
        assert len(rows) == 3
        assert all(row["messages"] for row in rows)
    choices = [json.loads(line) for line in (tmp_path / "choices_val.jsonl").read_text().splitlines()]
    assert [(row["question"], row[row["answer"]]) for row in choices[:2]] == [
        ("What is 0 + 0?", "0"),
        ("What is 1 + 1?", "2"),
    ]


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path / "m"), "--data"])
    assert "0.46 MB" in capsys.readouterr().out
    assert (tmp_path / "m-data/sft.jsonl").exists()
