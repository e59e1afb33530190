# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""What is asked of a plan, and what each engine brings along (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .errors import PlanError

GIB = 2**30


class Engine(NamedTuple):
    """How an engine uses a device.

    `utilization` is the share of a device's memory that it takes, `step_tokens` the tokens that one step computes at
    most, `sequences` those it holds at once, `runtime` its context, graphs and communication buffers, `latent` whether
    its cache holds latent vectors as they are. Measured figures of engines differ by version; these are set so that
    the sum errs on the side of too much.
    """

    utilization: float
    step_tokens: int
    sequences: int
    runtime: int
    tensor_parallel: bool
    latent: bool


ENGINES: Mapping[str, Engine] = {
    "vllm": Engine(0.90, 8192, 256, int(1.5 * GIB), True, True),
    "sglang": Engine(0.88, 8192, 256, int(2.0 * GIB), True, True),
    "lmdeploy": Engine(0.90, 8192, 128, int(1.5 * GIB), True, True),
    "transformers": Engine(0.95, 0, 1, int(0.9 * GIB), False, False),
}
TASKS = ("serve", "full", "lora", "qlora")
#: Quantisations of frozen weights that an adapter is trained on.
TRAINABLE = frozenset(("awq", "gptq", "bnb"))
#: Engines and tasks that ms-swift does not run on a vendor's devices; the chart refuses them, too.
NOT_ON: Mapping[str, frozenset[str]] = {"ascend": frozenset(("sglang", "lmdeploy", "qlora"))}
#: Compute capability that vLLM wants for the kernels of a quantisation.
CAPABILITY: Mapping[str, float] = {"awq": 7.5, "fp8": 8.0, "mxfp4": 8.0}
#: Below these a number means nothing, and would make memory out of nothing. 0: as the model has it, or none.
LEAST: Mapping[str, int] = {
    "context": 0,
    "concurrency": 1,
    "images": 0,
    "image_tokens": 0,
    "batch": 1,
    "lora_rank": 1,
}


@dataclass(frozen=True)
class Request:
    """One model and what shall be done with it. Zero and empty mean: as the model or engine has it."""

    model: str
    task: str = "serve"
    engine: str = "vllm"
    dtype: str = ""
    quantization: str = ""
    kv_dtype: str = ""
    context: int = 0
    concurrency: int = 1
    utilization: float = 0.0
    images: int = 0
    image_tokens: int = 4096
    batch: int = 1
    lora_rank: int = 8
    zero: int = 0

    @property
    def settings(self) -> Engine:
        """The engine's figures, with the user's share of the device."""
        found = ENGINES[self.engine]
        return found._replace(utilization=self.utilization) if self.utilization else found

    @property
    def method(self) -> str:
        """What must run on a device: the engine that serves, or the way of training."""
        return self.engine if self.task == "serve" else self.task

    def runs_on(self, vendor: str) -> bool:
        """Whether ms-swift does it on this vendor's devices."""
        return self.method not in NOT_ON.get(vendor, ())

    def reads(self, quantization: str, compute: float) -> bool:
        """Whether a device of this compute capability, 0 where it is not known, serves weights so quantised."""
        return self.task != "serve" or not compute or compute >= CAPABILITY.get(quantization, 0)


def parse(option: Mapping[str, Any]) -> Request:
    """The request that one entry of the module's `models` describes."""
    known = {name: _typed(option, name) for name in Request.__dataclass_fields__ if option.get(name) is not None}
    request = Request(**{"model": str(option["id"]), **known})
    for name, value, choices in (("engine", request.engine, ENGINES), ("task", request.task, TASKS)):
        if value not in choices:
            raise PlanError(f"{name} '{value}' of {request.model} is not known. Use one of {', '.join(choices)}.")
    if not 0 <= request.utilization <= 1:
        raise PlanError(f"utilization {request.utilization} of {request.model} is not a share. Use 0.9 for 90 %.")
    for name, least in LEAST.items():
        if (number := getattr(request, name)) < least:
            raise PlanError(f"{name} {number} of {request.model} is less than {least}. Set it to {least} or more.")
    if request.task != "serve" and request.quantization and request.quantization not in _trained(request.task):
        raise PlanError(
            f"task {request.task} of {request.model} trains no weights in {request.quantization}. "
            f"Leave quantization out, or use task lora with one of {', '.join(sorted(TRAINABLE))}."
        )
    return request


def _trained(task: str) -> frozenset[str]:
    return TRAINABLE if task == "lora" else frozenset(("bnb",) if task == "qlora" else ())


def _typed(option: Mapping[str, Any], name: str) -> Any:
    """A field as its default is: templates make texts of numbers."""
    try:
        return type(getattr(Request(""), name))(option[name])
    except (TypeError, ValueError) as error:
        raise PlanError(f"{name} {option[name]!r} of {option['id']} is no number. Write one.") from error
