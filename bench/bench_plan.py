"""The memory plan: how fast it is, and how near its parameters are to those of the published files. About five seconds.

usage: bench_plan.py
"""

from __future__ import annotations

import time

from ansible_collections.swift.k8s.plugins.module_utils._plan.run import run
from figures import Figure, save

COMMAND = "python bench/bench_plan.py"
#: Parameters of the published safetensors files: the sum of their headers.
PUBLISHED = {
    "Qwen/Qwen2.5-0.5B-Instruct": 494_032_768,
    "Qwen/Qwen2.5-7B-Instruct": 7_615_616_512,
    "Qwen/Qwen2.5-72B-Instruct": 72_706_203_648,
    "Qwen/Qwen2.5-VL-7B-Instruct": 8_292_166_656,
    "Qwen/Qwen2.5-VL-72B-Instruct": 73_410_777_344,
    "Qwen/Qwen3-30B-A3B": 30_532_122_624,
    "LLM-Research/Meta-Llama-3-70B-Instruct": 70_553_706_496,
}
ACCELERATORS = [{"vendor": "nvidia", "product": "A100", "memory_mib": 81920, "count": 8}]
SECONDS = 3.0


def main() -> None:
    """Plan the same models again and again, each against a node of eight devices."""
    models = [{"id": name} for name in PUBLISHED]
    nodes = [{"name": "a", "accelerators": ACCELERATORS}]
    begin, planned = time.perf_counter(), 0
    while time.perf_counter() - begin < SECONDS:
        plans = run(models, nodes)["plans"]
        planned += len(plans)
    rate = planned / (time.perf_counter() - begin)
    errors = {plan["id"]: abs(plan["weight_bytes"] / (2 * PUBLISHED[plan["id"]]) - 1) * 100 for plan in plans}
    worst = max(errors.values())
    speed, near = "models planned in a second, one process", "greatest error of 16-bit weight bytes, 7 models"
    save(
        "plan",
        [
            Figure("plan-rate", speed, round(rate), "models/s", ">= 500", rate >= 500, command=COMMAND),
            Figure("plan-error", near, round(worst, 4), "%", "<= 10", worst <= 10, command=COMMAND),
        ],
    )


if __name__ == "__main__":
    main()
