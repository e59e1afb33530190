"""Training by Megatron: its options and checkpoints. Megatron itself needs GPUs; a stand-in is in its place here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import swift_pod_training as training

from tests.chart.conftest import POD, Render, Rendering

ON = {"accelerator__vendor": "nvidia", "accelerator__count": 8}
ON |= {"train__dataset": ["d"], "train__megatron__enabled": True}
#: what torch's launcher would start: five steps, the last of which is saved but not logged
STANDIN = """
import json, pathlib, sys
words = sys.argv[1:]
options = dict(zip(words[words.index("--output_dir")::2], words[words.index("--output_dir") + 1::2]))
out = pathlib.Path(options["--output_dir"])
for step, logged in ((3, True), (4, True), (5, False)):
    place = out / f"checkpoint-{step}"
    place.mkdir(parents=True, exist_ok=True)
    (place / "latest_checkpointed_iteration.txt").write_text(str(step))
    if logged:
        with (out / "logging.jsonl").open("a") as log:
            log.write(json.dumps({"loss": 1.0, "iteration": f"{step}/5"}) + chr(10))
    if step == 4 and "--mcore_adapter" not in words:
        sys.exit(1)
print("words:", *words)
"""


def saved(directory: Path, step: int, planned: int = 0) -> None:
    place = directory / f"checkpoint-{step}"
    place.mkdir(parents=True)
    (place / "latest_checkpointed_iteration.txt").write_text(str(step))
    if planned:
        (directory / "logging.jsonl").write_text(json.dumps({"iteration": f"{step - 2}/{planned}"}))


def megatron(render: Rendering, task: str = "sft", **pairs: Any) -> Render:
    rendered: Render = render(task=task, model__id="a/b", **ON, **pairs)
    return rendered


@pytest.mark.parametrize("task", ["sft", "pt", "rlhf"])
def test_command(render: Rendering, task: str) -> None:
    rendered = megatron(render, task, train__nodes=2, train__epochs=2)
    assert rendered.run["module"] == f"swift.cli._megatron.{task}"
    wanted = {"output_dir": "/cache/outputs/r", "add_version": False, "check_model": False, "tuner_type": "lora"}
    assert wanted.items() <= rendered.arguments.items()
    assert rendered.arguments["num_train_epochs"] == 2
    assert rendered.arguments.get("rlhf_type") == ("dpo" if task == "rlhf" else None)
    job = rendered.one("Job")
    assert (job["spec"]["completionMode"], job["spec"]["completions"]) == ("Indexed", 2)
    assert job["metadata"]["annotations"]["swift.k8s/command"].startswith(f"python -m swift.cli._megatron.{task} ")


def test_values_become_its_options(render: Rendering) -> None:
    values = {"tensorParallel": 2, "pipelineParallel": 2, "contextParallel": 1, "expertParallel": 2}
    pairs = {f"train__megatron__{name}": value for name, value in values.items()}
    more = {"train__maxSteps": 10, "train__batchSize": 2, "train__learningRate": 1e-5, "train__saveSteps": 5}
    arguments = megatron(render, train__megatron__globalBatchSize=32, **pairs, **more).arguments
    wanted = {"tensor_model_parallel_size": 2, "pipeline_model_parallel_size": 2, "expert_model_parallel_size": 2}
    wanted |= {"global_batch_size": 32, "micro_batch_size": 2, "train_iters": 10, "lr": 1e-5, "save_steps": 5}
    assert wanted.items() <= arguments.items()
    assert "num_train_epochs" not in arguments


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({}, {"mcore_model": "c", "finetune": False}),
        ({"tuner_type": "lora"}, {"mcore_adapter": "c", "finetune": False}),
        ({"no_save_rng": True}, {"mcore_model": "c", "finetune": False, "no_load_rng": True}),
    ],
)
def test_it_resumes_by_its_own_options(arguments: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert training.resuming(Path("c"), "swift.cli._megatron.sft", arguments) == wanted


@pytest.mark.parametrize(("planned", "expected"), [(0, (5, 0)), (5, (5, 5)), (9, (5, 9))])
def test_steps_of_its_checkpoints(tmp_path: Path, planned: int, expected: tuple[int, int]) -> None:
    saved(tmp_path, 3)
    saved(tmp_path, 5, planned)
    (tmp_path / "checkpoint-7").mkdir()
    assert training.newest_checkpoint(tmp_path) == tmp_path / "checkpoint-5"
    assert training.steps(tmp_path) == expected
    assert training.complete(tmp_path, {}) == (planned == 5)


def test_torch_starts_even_one_process() -> None:
    seen: list[str] = []
    training.start("swift.cli._megatron.sft", ["--a", "1"], {}, lambda name, argv: seen.extend([name, *argv]))
    assert (seen[0], seen[-4:]) == ("torch.distributed.run", ["--module", "swift.cli._megatron.sft", "--a", "1"])


def test_a_broken_training_goes_on_where_it_was(tmp_path: Path) -> None:
    for name in ("torch/distributed/run.py", "megatron/core.py", "mcore_bridge.py", "transformer_engine.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(STANDIN if name.startswith("torch") else "")
    out = tmp_path / "out"
    arguments = {"model": str(tmp_path / "m"), "tuner_type": "lora", "output_dir": str(out)}
    run = {"module": "swift.cli._megatron.sft", "kind": "train", "arguments": arguments, "trusted": True}
    (tmp_path / "run.json").write_text(json.dumps({**run, "output": str(out), "gang_port": 1}))
    words = [sys.executable, "-S", str(POD / "launch.py"), str(tmp_path / "run.json")]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    first, second, third = (
        subprocess.run(words, env=environ, capture_output=True, text=True, check=False) for _ in range(3)
    )
    assert first.returncode == 1, first.stderr
    assert '"iteration": "4/5"' in first.stdout
    assert second.returncode == 0, second.stderr
    assert f"resuming from {out}/checkpoint-4" in second.stdout
    assert f"--mcore_adapter {out}/checkpoint-4 --finetune false" in second.stdout
    assert "already holds the whole training" in third.stdout
