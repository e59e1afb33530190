# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Bytes of the weights, as they are stored and as they are loaded (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .errors import PlanError
from .parameters import Parameters

#: Bytes of one number, by the names of safetensors, torch and people.
DTYPE_BYTES: Mapping[str, float] = {
    **dict.fromkeys(("F64", "I64", "float64"), 8),
    **dict.fromkeys(("F32", "I32", "U32", "float32", "fp32"), 4),
    **dict.fromkeys(("BF16", "F16", "I16", "U16", "bfloat16", "float16", "bf16", "fp16", "half"), 2),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "I8", "U8", "BOOL", "fp8", "int8"), 1),
    "F4": 0.5,
}
#: Bytes of one parameter of a quantised matrix. 4 bits carry a 16-bit scale and a 4-bit zero for every 128 numbers
#: (AWQ, GPTQ); NF4 with double quantisation carries 0.127 bits (Dettmers et al. 2023, section 3); MXFP4 an 8-bit scale
#: for every 32; 8 bits a scale a row.
QUANTIZATION_BYTES: Mapping[str, float] = {
    "awq": 0.5 + 2.5 / 128,
    "gptq": 0.5 + 2.5 / 128,
    "bnb": 0.5 + 0.127 / 8,
    "mxfp4": 0.5 + 1 / 32,
    "fp8": 1.0,
    "int8": 1.0,
}


class Stored(NamedTuple):
    """What safetensors headers say: numbers and bytes, exactly."""

    parameters: int
    bytes: int


def dtype_bytes(dtype: str) -> float:
    """Bytes of one number of a type."""
    if dtype not in DTYPE_BYTES:
        raise PlanError(f"dtype '{dtype}' is not known. Use bfloat16, float16, float32 or fp8.")
    return DTYPE_BYTES[dtype]


def stored(tensors: Iterable[Mapping[str, Any]]) -> Stored:
    """Sum of tensors as safetensors headers list them ({dtype, shape, data_offsets}).

    Raises KeyError, TypeError or ValueError for what is no such list.
    """
    parameters = total = 0
    for tensor in tensors:
        begin, end = tensor["data_offsets"]
        if begin > end:
            raise ValueError(f"data_offsets {begin}, {end}")
        parameters += math.prod(tensor["shape"])
        total += end - begin
    return Stored(parameters, total)


def loaded(parameters: Parameters, dtype: str, quantization: str) -> int:
    """Bytes in the memory of all devices together: matrices quantised, the rest in the dtype."""
    width = dtype_bytes(dtype)
    if not quantization:
        return int(parameters.total * width)
    if quantization not in QUANTIZATION_BYTES:
        known = ", ".join(sorted(QUANTIZATION_BYTES))
        raise PlanError(f"quantization '{quantization}' is not known. Use one of {known}, or none.")
    rest = parameters.embedding + parameters.other
    return int(parameters.linear * QUANTIZATION_BYTES[quantization] + rest * max(width, 2))


def shipped_quantization(config: Mapping[str, Any]) -> str:
    """How the published weights are quantised already: the name that `loaded` takes, or nothing."""
    method = str(config.get("quant_method") or "").lower()
    if method == "compressed-tensors":
        if _bits(config) == 4:
            return "gptq"
        return "fp8" if _weights(config).get("type") == "float" else "int8"
    if method in {"awq", "gptq"}:
        return "int8" if _bits(config) == 8 else method
    if method == "bitsandbytes":
        return "int8" if config.get("load_in_8bit") else "bnb"
    return {"fbgemm_fp8": "fp8"}.get(method, method)


def _bits(config: Mapping[str, Any]) -> Any:
    """Bits of a number; compressed-tensors names them for each group of matrices, of which the first stands for all."""
    return _weights(config).get("num_bits", config.get("bits"))


def _weights(config: Mapping[str, Any]) -> Mapping[str, Any]:
    groups = config.get("config_groups")
    first = next(iter(groups.values()), None) if isinstance(groups, Mapping) else None
    inner = first.get("weights") if isinstance(first, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}
