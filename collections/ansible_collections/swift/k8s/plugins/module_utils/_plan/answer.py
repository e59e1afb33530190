# Copyright: swift.k8s contributors
# SPDX-License-Identifier: Apache-2.0

"""The answer: where a model fits, or what to change (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Optional

from . import cache
from .errors import PlanError
from .fit import Devices, Model, Placement, counts, kv_width, longest, parts, place, quantization, weight_bytes
from .known import model_id
from .published import PUBLISHED
from .request import CAPABILITY, GIB, Request
from .weights import QUANTIZATION_BYTES, loaded, shipped_quantization

_MIB = 2**20
#: Share of its bytes by which a model's files may differ from what its config.json says.
_DOUBT = 0.1


def devices_of(nodes: Sequence[Mapping[str, Any]]) -> list[Devices]:
    """Nodes of cluster_info that take pods, grouped by what is in them; the smallest memory first.

    Shares of devices, such as slices of MIG, are one each: a model is not split over them.
    """
    groups: dict[tuple[str, str, int, int, float], list[str]] = {}
    for node in nodes:
        for found in [] if _closed(node) else node.get("accelerators") or []:
            if found.get("memory_mib") and found.get("count"):
                count = int(found["count"]) if found.get("sharing") in (None, "none") else 1
                product, compute = str(found.get("product") or ""), _compute(found)
                key = (found["vendor"], product, int(found["memory_mib"]), count, compute)
                groups.setdefault(key, []).append(node["name"])
    return [
        Devices(vendor, product, memory * _MIB, count, tuple(names), compute)
        for (vendor, product, memory, count, compute), names in sorted(groups.items(), key=lambda item: item[0][2:])
    ]


def left_out(nodes: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Nodes with accelerators that the scheduler gives no pods to now, each with the reason."""
    closed = [(str(node["name"]), _closed(node)) for node in nodes if node.get("accelerators")]
    return [{"name": name, "reason": reason} for name, reason in closed if reason]


def _closed(node: Mapping[str, Any]) -> str:
    """Why nothing is placed on the node; nodes that do not say how they are take pods."""
    if not node.get("ready", True):
        return "not ready"
    return "" if node.get("schedulable", True) else "cordoned"


def _compute(found: Mapping[str, Any]) -> float:
    try:
        return float(found.get("compute") or 0)
    except ValueError as error:
        raise PlanError(
            f"compute '{found['compute']}' of {found['vendor']} devices is no number. Write 8.0."
        ) from error


def answer(model: Model, request: Request, devices: Sequence[Devices]) -> dict[str, Any]:
    """Everything about one model, as the module returns it."""
    context = request.context or model.shape.context
    if not context:
        raise PlanError(f"config.json of {request.model} names no context length. Set context.")
    request = replace(request, context=context)
    alone = parts(model, request, 1, context)
    found = [placement for group in devices if (placement := place(model, request, group))]
    return {
        "id": request.model,
        "model": model_id(request.model),
        "task": request.task,
        "engine": request.engine,
        "context": context,
        "concurrency": request.concurrency,
        "parameters": _parameters(model),
        "weight_bytes": weight_bytes(model, request),
        "kv_bytes_per_token": cache.bytes_per_token(
            model.shape, kv_width(model.shape, request), request.settings.latent
        ),
        "parts": alone._asdict(),
        "total_bytes": alone.total,
        "fits": bool(found) if devices else None,
        "placements": [_told(placement) for placement in found],
        "advice": advice(model, request, devices) if devices and not found else [],
        "published": PUBLISHED.get(request.model.lower()),
        "notes": list(model.notes),
        "warnings": warnings(model, request),
    }


def _parameters(model: Model) -> int:
    """Counted in the headers where those were read, else computed: quantised files pack several into one number."""
    if model.stored and model.stored.parameters and not model.shape.quantization:
        return model.stored.parameters
    return model.parameters.total


def warnings(model: Model, request: Request) -> list[str]:
    """What a reader of the figures should know: where they go beyond the model, and where its files contradict it."""
    found = []
    shape = model.shape
    if shape.context and request.context > shape.context:
        found.append(f"context {request.context} is beyond the {shape.context} of the model, which needs rope scaling")
    shipped = shipped_quantization(shape.quantization)
    if model.stored and shipped in {"", *QUANTIZATION_BYTES}:
        computed = loaded(model.parameters, shape.dtype, shipped)
        if abs(computed - model.stored.bytes) > _DOUBT * model.stored.bytes:
            found.append(
                f"its files hold {model.stored.bytes / GIB:.1f} GiB, and config.json accounts for "
                f"{computed / GIB:.1f} GiB: doubt its parameters, training and other quantisations"
            )
    return found


def _told(placement: Placement) -> dict[str, Any]:
    devices = placement.devices
    return {
        "vendor": devices.vendor,
        "product": devices.product,
        "memory_mib": devices.memory // _MIB,
        "nodes": list(devices.nodes),
        "devices": placement.count,
        "bytes_per_device": placement.parts.total,
        "budget_bytes": placement.budget,
        "greatest_context": placement.context,
        "parts": placement.parts._asdict(),
    }


def advice(model: Model, request: Request, devices: Sequence[Devices]) -> list[str]:
    """Changes that make it fit on the largest devices there are, each tried; else how many devices it would take."""
    best = max(devices, key=lambda group: (group.memory * group.count, group.memory))
    name = f"{best.product or best.vendor} ({best.memory / GIB:.0f} GiB)"
    found = [text for text in (_try(model, request, best, change) for change in _changes(request)) if text]
    if not request.runs_on(best.vendor):
        return found or [f"{request.method} does not run on {best.vendor}"]
    if not request.reads(method := quantization(model, request), best.compute):
        least = CAPABILITY[method]
        return found or [f"{method} needs devices of compute capability {least} or more, and {name} has {best.compute}"]
    if request.task == "serve" and (count := _most(model, request, best)):
        budget = int(best.memory * request.settings.utilization)
        shorter = longest(model, request, count, budget)
        if shorter:
            found.append(f"context {shorter} fits on {count} x {name}")
    if not found:
        budget = int(best.memory * request.settings.utilization)
        total = parts(model, request, 1, request.context).total
        found.append(f"it takes about {total // budget + 1} x {name}; the largest node has {best.count}")
    return found


def _most(model: Model, request: Request, devices: Devices) -> int:
    return max(counts(model, request, devices.count), default=0)


def _changes(request: Request) -> list[dict[str, Any]]:
    if request.task == "serve":
        wider = [{"quantization": name} for name in ("fp8", "awq") if request.quantization != name]
        engine = [{"engine": "vllm"}] if request.engine in ("sglang", "lmdeploy") else []
        return [*engine, *wider, {"quantization": "awq", "kv_dtype": "fp8"}, {"concurrency": 1}]
    if request.task == "full":
        return [{"zero": 3}, {"task": "lora"}, {"task": "qlora"}]
    other = "lora" if request.task == "qlora" else "qlora"
    return [{"task": other}, {"task": request.task, "zero": 3}, {"context": 2048, "batch": 1}]


def _try(model: Model, request: Request, devices: Devices, change: Mapping[str, Any]) -> Optional[str]:
    placement = place(model, replace(request, **change), devices)
    if placement is None:
        return None
    told = ", ".join(f"{key}: {value}" for key, value in change.items())
    return f"{told} fits on {placement.count} x {devices.product or devices.vendor} ({devices.memory / GIB:.0f} GiB)"
