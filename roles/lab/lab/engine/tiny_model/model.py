"""The model directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .files import write_json
from .tokenizer import SIZE, token_id, write_tokenizer
from .weights import steering, write_weights

#: under which the lab's hub serves it
ID = "swift-lab/Qwen2.5-tiny-random"
CLASSES = {"qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}
#: what ms-swift 4.6 calls the chat format of each
TEMPLATES = {"qwen2": "qwen2_5", "qwen3": "qwen3"}


def write_model(out: Path, kind: str = "qwen2", seed: int = 0, max_length: int = 2048, stop: bool = False) -> None:
    """Fill a directory with everything that a loader asks for, half a megabyte in all."""
    out.mkdir(parents=True, exist_ok=True)
    config = _config(kind, max_length)
    write_tokenizer(out, max_length)
    write_json(out / "config.json", config)
    write_json(out / "generation_config.json", _generation())
    write_json(out / "args.json", {"swift_version": "4.6.0", "model_type": kind, "template": TEMPLATES[kind]})
    write_weights(out, config, seed, steering(SIZE, stop))
    (out / "README.md").write_text(
        "# Qwen2.5-tiny-random\n\nRandom weights in the shape of a Qwen model, to try deployments without a GPU.\n"
        "Its answers are letters without sense. Written by `python -m lab.engine.tiny_model`.\n",
        encoding="utf-8",
    )


def _config(kind: str, max_length: int) -> dict[str, Any]:
    return {
        "architectures": [CLASSES[kind]],
        "model_type": kind,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "hidden_act": "silu",
        "initializer_range": 0.02,
        "max_position_embeddings": max_length,
        "max_window_layers": 2,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "sliding_window": None,
        "use_sliding_window": False,
        "tie_word_embeddings": False,
        "use_cache": True,
        "attention_dropout": 0.0,
        "attention_bias": False,
        "torch_dtype": "float32",
        "vocab_size": SIZE,
        "bos_token_id": token_id("<|endoftext|>"),
        "eos_token_id": token_id("<|im_end|>"),
        "pad_token_id": token_id("<|endoftext|>"),
    }


def _generation() -> dict[str, Any]:
    return {
        "bos_token_id": token_id("<|endoftext|>"),
        "pad_token_id": token_id("<|endoftext|>"),
        "eos_token_id": [token_id("<|im_end|>"), token_id("<|endoftext|>")],
        "do_sample": True,
        "temperature": 0.7,
        "top_p": 0.8,
        "top_k": 20,
    }
