# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""Bytes of the weights, as they are stored and as they are loaded (pure)."""

from __future__ import annotations

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
#: (AWQ, GPTQ); NF4 with double quantisation carries 0.127 bits (Dettmers et al. 2023, section 3); 8 bits a scale a row.
QUANTIZATION_BYTES: Mapping[str, float] = {
    "awq": 0.5 + 2.5 / 128,
    "gptq": 0.5 + 2.5 / 128,
    "bnb": 0.5 + 0.127 / 8,
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
    """Sum of tensors as safetensors headers list them ({dtype, shape, data_offsets})."""
    parameters = total = 0
    for tensor in tensors:
        size = 1
        for edge in tensor["shape"]:
            size *= edge
        parameters += size
        total += tensor["data_offsets"][1] - tensor["data_offsets"][0]
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
    return {"bitsandbytes": "bnb", "compressed-tensors": "int8", "fbgemm_fp8": "fp8"}.get(method, method)
